"""The Access tab by person, and the answer about one person."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.requests import actor_of
from common.exceptions import NothingThere
from sharing import selectors
from sharing.forms import NO_SUCH_PAGE, NoSuchCursor, cursor, uuids
from sharing.forms.moment import MomentForm, PastForm
from sharing.services import explaining
from sharing.views.common import page
from sharing.views.people_parts import people_context, way_lines
from studies.models import Placement
from studies.selectors import seen_at
from studies.views.study_header import placement_or_404, study_frame


@page
@require_safe
def people(request: HttpRequest, placement: UUID) -> HttpResponse:
    """Every person who can open the study now; a URL whose position is not in the list shows its beginning."""
    shown_at = placement_or_404(request, placement)
    whose = {"placement": shown_at, "by": actor_of(request)}
    frame = study_frame(whose["by"], shown_at, "access")
    wrong: Any = ""
    try:
        shown = explaining.read_people(**whose, **cursor(request.GET))
    except NoSuchCursor as refusal:
        shown, wrong = explaining.read_people(**whose), refusal.message
    except selectors.NoSuchPage:
        shown, wrong = explaining.read_people(**whose), _(NO_SUCH_PAGE)
    now = seen_at(shown_at)
    may_ask = explaining.may_ask_of_the_past(shown_at, frame["rights"], now)
    context = {
        **frame,
        "form": PastForm(now=now) if may_ask else None,
        **people_context(shown),
        "wrong": wrong,
        "newer": f"?after={shown.newer}" if shown.newer else "",
        "older": f"?before={shown.older}" if shown.older else "",
    }
    return render(request, "sharing/access_people.html", context, status=400 if wrong else 200)


@page
@require_safe
def explain(request: HttpRequest, placement: UUID) -> HttpResponse:
    """A search for a person; with `person`, whether they can open the study, and why or why not."""
    shown_at = placement_or_404(request, placement)
    by = actor_of(request)
    frame = study_frame(by, shown_at, "access")
    context: dict[str, Any] = {**frame, "find": request.GET.get("find", "")[:200]}
    if named := request.GET.get("person", ""):
        asked = uuids([named])
        if not asked:
            raise NothingThere
        context |= _answered(request, shown_at, asked[0], frame["rights"])
    else:
        explaining.read_question(placement=shown_at, by=by)
        if context["find"].strip():
            context["hits"], context["more"] = explaining.find_people(find=context["find"], by=by)
    form = context.get("form")
    status = 400 if form is not None and form.is_bound and not form.is_valid() else 200
    return render(request, "sharing/access_explain.html", context, status=status)


def _answered(
    request: HttpRequest, placement: Placement, person: UUID, rights: Collection[str]
) -> dict[str, Any]:
    """Of now; with `day` and `time`, of that moment."""
    by, asks = actor_of(request), "day" in request.GET or "time" in request.GET
    now = seen_at(placement)
    form = MomentForm(request.GET if asks else None, now=now)
    if asks and form.is_valid():
        at = form.cleaned_data["at"]
        answer: Any = explaining.explain_then(placement=placement, person=person, at=at, by=by)
    else:
        answer = explaining.explain_to(placement=placement, person=person, by=by)
    may_ask = explaining.may_ask_of_the_past(placement, rights, now)
    shown_form = form if may_ask or asks else None
    return {"answer": answer, "ways": way_lines(answer.ways), "person": person, "form": shown_form}
