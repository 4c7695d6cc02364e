"""The page that asks before a row is removed: what ends with it, or what keeps it; and the removal itself."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from administration.change import Change
from audit.requests import actor_of
from common.exceptions import still_there


def removal_page(request: HttpRequest, page: Any, row: Any) -> HttpResponse:
    """GET says what ends, POST removes."""
    if not page.has_delete_permission(request, row):
        raise PermissionDenied
    label, noun = page.label_of(row), _(page.noun)
    if request.method == "POST":
        return _remove(request, page, row)
    words = {
        "title": _("Delete the %(noun)s “%(name)s”?") % {"noun": noun, "name": label},
        "label": label,
        "what_ends": page.what_ends(row),
        "why_it_stays": page.why_it_stays(row),
        "stays_heading": _("This %(noun)s cannot be deleted now.") % {"noun": noun},
        "delete_label": _("Delete the %(noun)s") % {"noun": noun},
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
        # There is no page of a row that is gone to show the sentence on.
        still_there(page.rows(request), key)
        messages.error(request, refusal.messages[0])
        return HttpResponseRedirect(page.page_url("change", key))
    answer: HttpResponse = page.lead_on(request, done)
    return answer


def removal_title(person: object, place: object) -> str:
    return _("Remove %(person)s from %(place)s?") % {"person": person, "place": place}


def no_longer_member(person: object, place: object) -> str:
    return _("%(person)s is no longer a member of %(place)s.") % {"person": person, "place": place}
