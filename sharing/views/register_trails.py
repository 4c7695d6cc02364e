"""The audit trails beside an account's register: the account's own, and that of each study on its worklists."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.forms import AccountTrailForm, TrailForm
from audit.requests import actor_of
from common.timezones import zone_named
from sharing.services.register import audited_account, placement_of_register
from sharing.views.common import page
from studies.services.trail import export_trail, read_trail
from worklists.services.trail import export_account_trail, read_account_trail


@page
@require_safe
def of_account(request: HttpRequest, account: UUID) -> HttpResponse:
    row, form = (
        audited_account(account, actor_of(request)),
        AccountTrailForm(request.GET, zone=_zone(request)),
    )
    shown = None
    if form.is_valid():
        person = form.cleaned_data["person"]
        shown = _read(request, form, read_account_trail, account=row, person=person)
    context = {"account": row, "trail": shown, "events": shown.lines if shown is not None else []}
    return _answer(request, "sharing/register_trail.html", form, context)


@page
@require_safe
def account_csv(request: HttpRequest, account: UUID) -> HttpResponseBase:
    row, form = (
        audited_account(account, actor_of(request)),
        AccountTrailForm(request.GET, zone=_zone(request)),
    )
    if not form.is_valid():
        return of_account(request, account)
    person = form.cleaned_data["person"]
    return _file(request, form, export_account_trail, account=row, person=person)


@page
@require_safe
def of_study(request: HttpRequest, account: UUID, placement: UUID) -> HttpResponse:
    """The trail of a study that the reader need not see: it names no patient."""
    there = placement_of_register(account=account, placement=placement, by=actor_of(request))
    form, shown = TrailForm(request.GET, zone=_zone(request)), None
    if form.is_valid():
        shown = _read(request, form, read_trail, placement=there)
        form.offer(shown.people)
    context = {
        "account": there.worklist.account,
        "placement": there,
        "trail": shown,
        "events": shown.events if shown is not None else [],
    }
    return _answer(request, "sharing/register_study_trail.html", form, context)


@page
@require_safe
def study_csv(request: HttpRequest, account: UUID, placement: UUID) -> HttpResponseBase:
    there = placement_of_register(account=account, placement=placement, by=actor_of(request))
    form = TrailForm(request.GET, zone=_zone(request))
    if not form.is_valid():
        return of_study(request, account, placement)
    return _file(request, form, export_trail, placement=there)


def _zone(request: HttpRequest) -> Any:
    return zone_named(request.user.timezone)  # type: ignore[union-attr]  # signed in


def _read(request: HttpRequest, form: TrailForm, read: Callable[..., Any], **of: Any) -> Any:
    asked = {"before": form.cleaned_data["before"], "after": form.cleaned_data["after"]}
    return read(by=actor_of(request), filters=form.filters(), **asked, **of)


def _file(request: HttpRequest, form: TrailForm, export: Callable[..., Any], **of: Any) -> FileResponse:
    file = export(by=actor_of(request), filters=form.filters(), zone=form.zone, **of)
    kind = "text/csv; charset=utf-8"
    return FileResponse(file, as_attachment=True, filename="audit-trail.csv", content_type=kind)


def _answer(request: HttpRequest, template: str, form: TrailForm, context: dict[str, Any]) -> HttpResponse:
    shown = context["trail"]
    links = form.links(shown.newer, shown.older) if shown is not None else {}
    context = {**context, "form": form, "reset": request.path, "section": "register", **links}
    with timezone.override(form.zone):
        return render(request, template, context, status=200 if form.is_valid() else 400)
