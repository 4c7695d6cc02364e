"""The bell and the page of a person's own notifications."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.requests import actor_of
from sharing import selectors
from sharing.forms import NO_SUCH_PAGE, NoSuchCursor, cursor
from sharing.selectors.notices import number_unread
from sharing.services import notice_reads
from sharing.views.common import page


@page
@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    by, wrong = actor_of(request), ""
    shown: Any
    try:
        shown = notice_reads.read_notices(by=by, **cursor(request.GET))
    except (NoSuchCursor, selectors.NoSuchPage):
        shown, wrong = notice_reads.read_notices(by=by), _(NO_SUCH_PAGE)
    context = {
        "rows": shown.lines,
        "unread": any(row.notice.read_at is None for row in shown.lines) or number_unread(by),
        "newer": f"?after={shown.newer}" if shown.newer else "",
        "older": f"?before={shown.older}" if shown.older else "",
        "wrong": wrong,
    }
    return render(request, "sharing/notices.html", context)


@page
@require_safe
def unread(request: HttpRequest) -> HttpResponse:
    """The number beside the bell, which each page asks for once it is shown."""
    return render(request, "sharing/_unread.html", {"unread": number_unread(actor_of(request))})


@page
@require_POST
def open_notice(request: HttpRequest, notice: Any) -> HttpResponse:
    """Marks it as read and goes where it leads; without a place to go, back to the page of notifications."""
    shown = notice_reads.open_notice(notice=notice, by=actor_of(request))
    return HttpResponseRedirect(shown.url) if shown.url else redirect("sharing:notices")


@page
@require_POST
def mark_all(request: HttpRequest) -> HttpResponse:
    if notice_reads.mark_notices(by=actor_of(request)):
        messages.success(request, _("All notifications are marked as read."))
    return redirect("sharing:notices")
