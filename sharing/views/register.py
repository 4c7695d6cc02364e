"""The register of an account: its shares, for those whose role shows them."""

from functools import partial
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from audit.requests import actor_of
from common.timezones import zone_named
from sharing.forms.share_filters import ShareFilterForm
from sharing.services import NothingThere
from sharing.services.register import audited_account, export_register, read_register
from sharing.views.common import page
from sharing.views.listed import filtered
from worklists.selectors import accounts_audited_by


@page
@require_safe
def registers(request: HttpRequest) -> HttpResponse:
    """The first of the registers that the person may see; its page offers the others."""
    first = accounts_audited_by(actor_of(request)).first()
    if first is None:
        raise NothingThere
    return HttpResponseRedirect(reverse("sharing:register_of_shares", args=[first.uuid]))


@page
@require_safe
def shares(request: HttpRequest, account: UUID) -> HttpResponse:
    return _shown(request, account, ShareFilterForm(request.GET))


@page
@require_safe
def shares_csv(request: HttpRequest, account: UUID) -> HttpResponseBase:
    """The shares that fit the filters; the file's name says nothing of whom or what."""
    form = ShareFilterForm(request.GET)
    if not form.is_valid():
        return _shown(request, account, form)
    zone = zone_named(request.user.timezone)  # type: ignore[union-attr]  # signed in
    file = export_register(account=account, by=actor_of(request), zone=zone, filters=form.filters())
    return FileResponse(
        file, as_attachment=True, filename="register.csv", content_type="text/csv; charset=utf-8"
    )


def _shown(request: HttpRequest, account: UUID, form: ShareFilterForm) -> HttpResponse:
    by = actor_of(request)
    row = audited_account(account, by)
    context, status = filtered(request, partial(read_register, account=account), form)
    context |= {
        "account": row,
        "accounts": list(accounts_audited_by(by)),
        "may_end": any(line.may_end for line in context["lines"]),
        "section": "register",
    }
    return render(request, "sharing/register_of_shares.html", context, status=status)
