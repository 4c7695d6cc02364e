"""The page that asks before a row is removed: what ends with it, or what keeps it; and the removal itself."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from administration.change import Change
from audit.requests import actor_of
from common.exceptions import still_there


def removal_page(request: HttpRequest, page: Any, row: Any) -> HttpResponse:
    """GET says what ends, POST removes."""
    if not page.has_delete_permission(request, row):
        raise PermissionDenied
    label = page.label_of(row)
    if request.method == "POST":
        return _remove(request, page, row)
    words = {
        "title": f"Delete the {page.noun} “{label}”?",
        "label": label,
        "what_ends": page.what_ends(row),
        "why_it_stays": page.why_it_stays(row),
        "stays_heading": f"This {page.noun} cannot be deleted now.",
        "delete_label": f"Delete the {page.noun}",
        "back": page.page_url("change", row.pk),
    }
    context = page.context(request, **{**words, **page.about_removal(row)}, object=row)
    answer: HttpResponse = page.render_delete_form(request, context)
    return answer


def _remove(request: HttpRequest, page: Any, row: Any) -> HttpResponse:
    key = row.pk
    try:
        done = page.remove(Change(actor_of(request), page.account_of(row), row))
    except ValidationError as refusal:
        # A row that is gone has no page to show the sentence on.
        still_there(page.rows(request), key)
        messages.error(request, refusal.messages[0])
        return HttpResponseRedirect(page.page_url("change", key))
    answer: HttpResponse = page.lead_on(request, done)
    return answer
