"""Shared by me: the shares and invitations a person made. Shared with me: what others shared with them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.requests import actor_of
from common.timezones import zone_named
from sharing import selectors
from sharing.forms import NO_SUCH_PAGE, NoSuchCursor, cursor
from sharing.services import reads
from sharing.services.shares_csv import export_shares_made
from sharing.views.common import page


@page
@require_safe
def shared_by_me(request: HttpRequest) -> HttpResponse:
    return _listed(request, reads.read_shares_made, "sharing/shared_by_me.html")


@page
@require_safe
def taken_over(request: HttpRequest) -> HttpResponse:
    """The shares of people who left, which the person took over."""
    read = partial(reads.read_shares_made, taken_over=True)
    return _listed(request, read, "sharing/shares_taken_over.html")


@page
@require_safe
def shared_with_me(request: HttpRequest) -> HttpResponse:
    return _listed(request, reads.read_shares_received, "sharing/shared_with_me.html", section="received")


@page
@require_safe
def invitations(request: HttpRequest) -> HttpResponse:
    return _listed(request, reads.read_invitations_sent, "sharing/invitations.html")


@page
@require_safe
def shared_by_me_csv(request: HttpRequest) -> FileResponse:
    """All shares; the file's name says nothing of whom or what."""
    zone = zone_named(request.user.timezone)  # type: ignore[union-attr]  # signed in
    file = export_shares_made(by=actor_of(request), zone=zone)
    return FileResponse(
        file, as_attachment=True, filename="shared-by-me.csv", content_type="text/csv; charset=utf-8"
    )


def _listed(
    request: HttpRequest, read: Callable[..., Any], template: str, section: str = "shared"
) -> HttpResponse:
    """A page of rows; a URL whose position is not in the list shows the newest, with a sentence."""
    wrong: Any = ""
    try:
        lines = read(by=actor_of(request), **cursor(request.GET))
    except NoSuchCursor as refusal:
        lines, wrong = read(by=actor_of(request)), refusal.message
    except selectors.NoSuchPage:
        lines, wrong = read(by=actor_of(request)), _(NO_SUCH_PAGE)
    context = {
        "lines": lines.lines,
        "newer": f"?after={lines.newer}" if lines.newer else "",
        "older": f"?before={lines.older}" if lines.older else "",
        "wrong": wrong,
        "section": section,
        "here": request.get_full_path(),
    }
    return render(request, template, context, status=400 if wrong else 200)
