"""Ending shares: first what ends with them, then the end itself."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from audit.requests import actor_of
from common.nouns import counted
from common.responses import gone
from sharing import selectors, services
from sharing.forms import uuids
from sharing.services import previews
from sharing.views.common import back, dialog_answer, leave, page, sentence
from sharing.views.consequences import what_follows


@page
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest) -> HttpResponse:
    """`share`, once for each. GET says in numbers what ends, POST ends it."""
    to = back(request, reverse("sharing:shared_by_me"))
    named = uuids((request.POST if request.method == "POST" else request.GET).getlist("share"))
    if not named:
        return sentence(
            request, _("No share is selected"), _("Select at least one share, then choose End shares.")
        )
    if request.method == "POST":
        report = services.end_shares(shares=named, by=actor_of(request))
        messages.success(request, ended(report))
        return leave(request, to)
    shares, preview = previews.preview_end(shares=named, by=actor_of(request))
    if not preview.shares:
        return gone(request, already_ended(len(shares)))
    context = {
        "preview": preview,
        "shares": shares,
        "ending": selectors.ending_shares(shares, actor_of(request), staying=preview.staying),
        "consequences": what_follows(preview),
        "back": to,
        "page_title": _("End a share"),
    }
    return dialog_answer(request, "sharing/_end.html", context)


def already_ended(shares: int) -> str:
    return ngettext("This share has already ended.", "These shares have already ended.", shares)


def ended(report: services.EndReport | services.TakenBack) -> str:
    """What has ended, in a sentence."""
    if not report.ended:
        return _("This share had already ended.")
    numbers = {
        "shares": counted(report.ended, "share"),
        "others": counted(report.ended_with_them, "share"),
    }
    if not report.ended_with_them:
        return _("%(shares)s ended.") % numbers
    with_them = ngettext(
        "%(shares)s ended, and %(others)s with it.",
        "%(shares)s ended, and %(others)s with them.",
        report.ended,
    )
    return with_them % numbers
