"""Who could open a study at a moment in the past, and who did: the page, made for print, and as a CSV file."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from audit.requests import actor_of
from common import formats
from common.exceptions import NothingThere
from common.timezones import zone_named
from sharing import selectors
from sharing.forms import NO_SUCH_PAGE, NoSuchCursor, cursor
from sharing.forms.moment import PastForm
from sharing.selectors.access.opened import Period
from sharing.selectors.access.people_then import PeopleThen
from sharing.services import explaining_past
from sharing.views.common import page
from sharing.views.people_parts import then_context
from studies.models import Placement
from studies.selectors import seen_at
from studies.views.study_header import placement_or_404, study_frame


@page
@require_safe
def then(request: HttpRequest, placement: UUID) -> HttpResponse:
    """The form; with a moment, a page of people. A position that is not in the list shows its beginning."""
    shown_at = placement_or_404(request, placement)
    by = actor_of(request)
    frame = study_frame(by, shown_at, "access")
    form = PastForm(request.GET or None, now=seen_at(shown_at))
    if not form.is_valid():
        explaining_past.read_past_question(placement=shown_at, by=by)
        context = {**frame, "form": form}
        return render(request, "sharing/access_then.html", context, status=400 if form.is_bound else 200)
    asked = {"placement": shown_at, "by": by, **_asked(form)}
    wrong: Any = ""
    try:
        shown = explaining_past.read_people_then(**asked, **cursor(request.GET))
    except NoSuchCursor as refusal:
        shown, wrong = explaining_past.read_people_then(**asked), refusal.message
    except selectors.NoSuchPage:
        shown, wrong = explaining_past.read_people_then(**asked), _(NO_SUCH_PAGE)
    context = {**frame, "form": form, "wrong": wrong, **then_context(shown), **_links(form, shown)}
    return render(request, "sharing/access_then.html", context, status=400 if wrong else 200)


@page
@require_safe
def printed(request: HttpRequest, placement: UUID) -> HttpResponse:
    """The whole answer on paper, with who asked and what it cannot know."""
    shown_at = placement_or_404(request, placement)
    by = actor_of(request)
    form = _form(request, shown_at)
    shown = explaining_past.read_printed_answer(placement=shown_at, by=by, **_asked(form))
    context = {
        "placement": shown_at,
        "study": shown_at.study,
        **then_context(shown),
        "facts": _facts(shown_at, shown, by.person),
        "more": shown.total - len(shown.people),
        "back": _query(form),
    }
    return render(request, "sharing/access_printed.html", context)


@page
@require_safe
def csv(request: HttpRequest, placement: UUID) -> FileResponse:
    """The whole answer as a file, whose name says nothing of whom or what."""
    shown_at = placement_or_404(request, placement)
    by = actor_of(request)
    zone = zone_named(by.person.timezone)
    asked = _asked(_form(request, shown_at))
    file = explaining_past.export_people_then(placement=shown_at, by=by, zone=zone, **asked)
    return FileResponse(
        file, as_attachment=True, filename="who-could-open.csv", content_type="text/csv; charset=utf-8"
    )


def _form(request: HttpRequest, placement: Placement) -> PastForm:
    """Of a page that links from the form's answer; a moment that does not exist has no such page."""
    form = PastForm(request.GET, now=seen_at(placement))
    if not form.is_valid():
        raise NothingThere
    return form


def _asked(form: PastForm) -> dict[str, Any]:
    return {"at": form.cleaned_data["at"], "period": Period(*form.cleaned_data["period"])}


def _facts(placement: Placement, shown: PeopleThen, asker: User) -> list[tuple[str, str]]:
    home = placement.study.home
    return [
        (_("Organisation"), home.account.name if home.account is not None else ""),
        (_("Original on"), home.label),
        (_("As it was on"), formats.moment(shown.at)),
        (_("Asked by"), f"{asker.name} <{asker.email}>"),
        (_("Made on"), formats.moment(seen_at(placement))),
    ]


def _query(form: PastForm) -> str:
    typed = {name: form.cleaned_data.get(name) for name in ("day", "time", "since", "until")}
    return urlencode({name: value for name, value in typed.items() if value is not None})


def _links(form: PastForm, shown: PeopleThen) -> dict[str, str]:
    query = _query(form)
    return {
        "query": query,
        "newer": f"?{query}&after={shown.newer}" if shown.newer else "",
        "older": f"?{query}&before={shown.older}" if shown.older else "",
    }
