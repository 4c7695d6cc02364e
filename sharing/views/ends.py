"""Ending shares: first what goes with them, then the deed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from audit.requests import actor_of
from common.nouns import counted
from common.responses import gone
from sharing import services
from sharing.forms import uuids
from sharing.services import previews
from sharing.views.common import back, dialog_answer, leave, page, sentence
from sharing.views.consequences import what_goes


@page
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest) -> HttpResponse:
    """`share`, once for each. GET says in numbers what ends, POST ends it."""
    named = uuids((request.POST if request.method == "POST" else request.GET).getlist("share"))
    if not named:
        return sentence(request, "No share is selected", "Select at least one share, then choose End shares.")
    if request.method == "POST":
        report = services.end_shares(shares=named, by=actor_of(request))
        messages.success(request, _said(report))
        return leave(request, back(request, reverse("sharing:shared_by_me")))
    shares, preview = previews.preview_end(shares=named, by=actor_of(request))
    if not preview.shares:
        return gone(
            request,
            "This share has already ended." if len(shares) == 1 else "These shares have already ended.",
        )
    context = {
        "preview": preview,
        "shares": shares,
        "goes": what_goes(preview),
        "back": back(request, reverse("sharing:shared_by_me")),
        "page_title": "End a share",
    }
    return dialog_answer(request, "sharing/_end.html", context)


def _said(report: services.EndReport) -> str:
    if not report.ended:
        return "This share had already ended."
    said = f"{counted(report.ended, 'share')} ended"
    if report.ended_with_them:
        said += (
            f", and {counted(report.ended_with_them, 'share')} with {'it' if report.ended == 1 else 'them'}"
        )
    return f"{said}."
