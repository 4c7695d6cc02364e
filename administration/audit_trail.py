"""The audit trail of an account, to read, filter and export; no one writes it here."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from administration.current_account import current_account
from administration.page import AdminPage
from audit.forms import AccountTrailForm
from audit.models import AuditEvent
from audit.requests import actor_of
from common.timezones import zone_named
from studies.selectors.trail import trails_readable_by
from worklists.services.trail import AccountTrail, export_account_trail, read_account_trail


@admin.register(AuditEvent)
class AuditEventAdmin(AdminPage):
    noun, nouns = gettext_noop("event"), gettext_noop("audit trail")

    def get_urls(self) -> list[Any]:
        """The list and its file: an event has no page of its own, since its line in the list shows everything."""
        view = self.admin_site.admin_view
        return [
            path("", view(self.changelist_view), name="audit_auditevent_changelist"),
            path("trail.csv", view(self.csv_view), name="audit_auditevent_csv"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """One page; one that cannot be asked for like this shows the form with its sentences."""
        form = AccountTrailForm(request.GET, zone=zone_named(request.user.timezone))
        account, shown = current_account(request), None
        if form.is_valid():
            shown = read_account_trail(
                account=account,
                by=actor_of(request),
                filters=form.filters(),
                person=form.cleaned_data["person"],
                before=form.cleaned_data["before"],
                after=form.cleaned_data["after"],
            )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Audit trail"),
            "lead": _lead(account),
            "form": form,
            "trail": shown,
            "trails": _readable(request, shown),
            "reset": request.path,
            **(form.links(shown.newer, shown.older) if shown is not None else {}),
        }
        with timezone.override(form.zone):
            response = TemplateResponse(request, "admin/audit/auditevent/change_list.html", context)
            response.status_code = 200 if form.is_valid() else 400
            return response.render()

    def csv_view(self, request: HttpRequest) -> HttpResponseBase:
        form = AccountTrailForm(request.GET, zone=zone_named(request.user.timezone))
        if not form.is_valid():
            return self.changelist_view(request)
        file = export_account_trail(
            account=current_account(request),
            by=actor_of(request),
            filters=form.filters(),
            person=form.cleaned_data["person"],
            zone=form.zone,
        )
        kind = "text/csv; charset=utf-8"
        return FileResponse(file, as_attachment=True, filename="audit-trail.csv", content_type=kind)


def _readable(request: HttpRequest, shown: AccountTrail | None) -> set[UUID]:
    """Of the studies on the page, those whose own trail the reader may read as well."""
    lines = shown.lines if shown is not None else []
    named = {line.event.placement_uuid for line in lines if line.event.placement_uuid is not None}
    return trails_readable_by(actor_of(request), named)


def _lead(account: Any) -> str:
    if account is None:
        return _("What was done on the whole platform, newest first. Reading it is recorded too.")
    return _(
        "What was done in %(account)s: with its roles, people, worklists and invitations, and with "
        "studies on its worklists. Reading it is recorded too."
    ) % {"account": account.name}
