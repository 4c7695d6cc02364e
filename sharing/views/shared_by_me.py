"""Shared by me: the shares and invitations a person made. Shared with me: what others shared with them."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.requests import actor_of
from common.timezones import zone_named
from sharing.forms.share_filters import ReceivedFilterForm, ShareFilterForm
from sharing.services import reads
from sharing.services.shares_csv import export_shares_made
from sharing.views.common import page
from sharing.views.listed import filtered, listed


@page
@require_safe
def shared_by_me(request: HttpRequest) -> HttpResponse:
    return _filtered(request, reads.read_shares_made, "sharing/shared_by_me.html")


@page
@require_safe
def taken_over(request: HttpRequest) -> HttpResponse:
    """The shares of people who left, which the person took over."""
    read = partial(reads.read_shares_made, taken_over=True)
    return _filtered(request, read, "sharing/shares_taken_over.html")


@page
@require_safe
def shared_with_me(request: HttpRequest) -> HttpResponse:
    read, form = reads.read_shares_received, ReceivedFilterForm(request.GET)
    return _filtered(request, read, "sharing/shared_with_me.html", form, section="received")


@page
@require_safe
def invitations(request: HttpRequest) -> HttpResponse:
    context, status = listed(request, reads.read_invitations_sent)
    return render(request, "sharing/invitations.html", {**context, "section": "shared"}, status=status)


@page
@require_safe
def shared_by_me_csv(request: HttpRequest) -> HttpResponseBase:
    """The shares that fit the filters; the file's name says nothing of whom or what."""
    form = ShareFilterForm(request.GET)
    if not form.is_valid():
        return _filtered(request, reads.read_shares_made, "sharing/shared_by_me.html", form)
    zone = zone_named(request.user.timezone)  # type: ignore[union-attr]  # signed in
    file = export_shares_made(by=actor_of(request), zone=zone, filters=form.filters())
    return FileResponse(
        file, as_attachment=True, filename="shared-by-me.csv", content_type="text/csv; charset=utf-8"
    )


def _filtered(
    request: HttpRequest,
    read: Callable[..., Any],
    template: str,
    form: ShareFilterForm | None = None,
    section: str = "shared",
) -> HttpResponse:
    context, status = filtered(request, read, form or ShareFilterForm(request.GET))
    return render(request, template, {**context, "section": section}, status=status)
