"""The studies of a pasted list of MRN and accession numbers; the numbers are posted and are in no URL."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.decorators import signed_in
from audit.requests import actor_of
from studies import selectors
from studies.services.by_number import MOST_NUMBERS, Number, Numbered, read_by_numbers
from studies.views.list_page import Asked
from studies.views.list_places import offered_on_any, places_of, study_rows
from worklists.models import Worklist


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def by_number(request: HttpRequest, worklist: UUID) -> HttpResponse:
    """On one worklist."""
    listed = selectors.worklist_for(actor_of(request), worklist)
    if listed is None:
        raise Http404
    return _page(request, listed)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def all_by_number(request: HttpRequest) -> HttpResponse:
    """On every worklist that the person may see."""
    return _page(request, None)


def _page(request: HttpRequest, worklist: Worklist | None) -> HttpResponse:
    text = request.POST.get("numbers", "")
    context: dict[str, Any] = {
        "worklist": worklist,
        "asked": Asked(worklist),
        "text": text.replace("\x00", ""),
        "most": MOST_NUMBERS,
        "section": "studies",
    }
    if request.method == "POST":
        try:
            context |= _results(read_by_numbers(text=text, by=actor_of(request), worklist=worklist))
        except ValidationError as refusal:
            context["error"] = refusal.messages[0]
    return render(request, "studies/by_number.html", context, status=422 if "error" in context else 200)


def _results(numbered: Numbered) -> dict[str, Any]:
    places = places_of(numbered.listing)
    rows = {row.placement.pk: row for row in study_rows(numbered.listing.page, places)}
    groups = [
        {"number": number, "words": _words(number), "rows": [rows[hit.placement.pk] for hit in number.hits]}
        for number in numbered.numbers
    ]
    return {
        "groups": groups,
        "one": sum(len(number.hits) == 1 for number in numbered.numbers),
        "several": sum(len(number.hits) > 1 for number in numbered.numbers),
        "none": sum(not number.hits for number in numbered.numbers),
        "repeated": numbered.repeated,
        "actions": offered_on_any(places.values()),
    }


def _words(number: Number) -> str:
    """As what the number was recognised, and by whom an MRN was issued."""
    kinds, named = [], frozenset[str]().union(*(hit.kinds for hit in number.hits))
    if "mrn" in named:
        issuers = ", ".join(number.issuers)
        kinds.append(_("MRN, issued by %(issuers)s") % {"issuers": issuers} if issuers else _("MRN"))
    if "own" in named:
        kinds.append(_("own MRN of the worklist"))
    if "accession" in named:
        kinds.append(_("accession number"))
    return "; ".join(kinds)
