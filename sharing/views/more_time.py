"""Asking for more time from the page of a study, and the page on which the share's maker answers."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from audit.requests import actor_of
from common import formats
from common.responses import gone
from sharing.selectors.recipients import recipient_of
from sharing.services import more_time, reads
from sharing.services.more_time import ANSWERED
from sharing.views.common import page


@page
@require_POST
def ask(request: HttpRequest, placement: UUID) -> HttpResponse:
    try:
        asked = more_time.ask_for_time(placement=placement, by=actor_of(request))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(
            request, _("You asked for more time.") if asked else _("More time was already asked for.")
        )
    return redirect("studies:details", placement)


@page
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, share: UUID) -> HttpResponse:
    """GET asks; POST with `until` gives more time up to that day, and without it declines."""
    by, wrong = actor_of(request), ""
    if request.method == "POST":
        try:
            messages.success(request, _answer(request, share))
            return redirect("sharing:notices")
        except ValidationError as refusal:
            wrong = " ".join(refusal.messages)
    asked = reads.read_time_asked(share=share, by=by)
    if asked is None:
        return gone(request, _(ANSWERED))
    context = {"asked": asked, "recipient": str(recipient_of(asked.share)), "wrong": wrong}
    return render(request, "sharing/more_time.html", context, status=422 if wrong else 200)


def _answer(request: HttpRequest, share: UUID) -> str:
    by = actor_of(request)
    if request.POST.get("answer") == "decline":
        more_time.decline_time(share=share, by=by)
        return _("The end date stays. The person who asked is notified.")
    try:
        until = parse_date(request.POST.get("until", ""))
    except ValueError:
        until = None
    if until is None:
        raise ValidationError(_("Choose whether you give more time."))
    more_time.grant_time(share=share, by=by, until=until)
    return _("The share now lasts until %(day)s. The person who asked is notified.") % {
        "day": formats.day(until)
    }
