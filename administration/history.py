"""The history of one row: what the audit trail has of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from administration.choices import number_in
from audit.requests import actor_of
from worklists.services.trail import read_history


def history_page(request: HttpRequest, page: Any, row: Any) -> HttpResponse:
    shown = read_history(
        account=page.account_of(row),
        by=actor_of(request),
        events=page.history_events(row),
        row=f"{page.noun} {row.pk}",
        before=number_in(request.GET.get("before", "")),
    )
    label = page.label_of(row)
    context = page.context(
        request, title=_("History of %(name)s") % {"name": label}, label=label, object=row,
        lines=shown.lines, older=shown.older,
    )  # fmt: skip
    return TemplateResponse(request, "admin/object_history.html", context)
