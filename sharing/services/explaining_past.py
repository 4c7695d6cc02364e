"""Audited reads of who could open a study at a moment in the past, and who did: a page, a print, a file."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit import clock, exports
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from sharing.selectors.access.opened import Opened, Opener, Period
from sharing.selectors.access.people import ShownPerson
from sharing.selectors.access.people_then import PeopleThen, people_then
from sharing.services.explaining import ONLY_WITH_THE_TRAIL, may_ask_of_the_past
from studies.events import on_placement
from studies.models import Placement

# On paper; a file has all.
MOST_PRINTED = 2000
EVERYONE = 1_000_000

CSV_HEAD = (
    gettext_noop("List"),
    gettext_noop("Name"),
    gettext_noop("Email"),
    gettext_noop("Role"),
    gettext_noop("Worklist"),
    gettext_noop("Path"),
    gettext_noop("Granted by"),
    gettext_noop("Since"),
    gettext_noop("Until"),
    gettext_noop("Opened"),
    gettext_noop("First"),
    gettext_noop("Last"),
    gettext_noop("Times"),
    gettext_noop("Access then"),
    gettext_noop("Access now"),
)
COULD, BY_EMAIL, LINK, DID = (
    gettext_noop("Could open"),
    gettext_noop("Reached by email"),
    gettext_noop("Guest link"),
    gettext_noop("Opened"),
)


def read_past_question(*, placement: Placement, by: Actor) -> None:
    """The page on which the moment is chosen names the patient. Raises PermissionDenied."""
    now = clock.now()
    _check(placement, by, now)
    record(Action.ACCESS_READ, by=by, on=on_placement(placement, at=now, detail={"names": "past"}))


@transaction.atomic
def read_people_then(
    *,
    placement: Placement,
    at: datetime,
    period: Period,
    by: Actor,
    before: UUID | None = None,
    after: UUID | None = None,
) -> PeopleThen:
    """A page of those who could open the study then. Raises PermissionDenied and NoSuchPage."""
    now = clock.now()
    _check(placement, by, now)
    page = people_then(placement, by, at, period, before=before, after=after)
    _record(placement, by, now, page)
    return page


@transaction.atomic
def read_printed_answer(*, placement: Placement, at: datetime, period: Period, by: Actor) -> PeopleThen:
    """The same whole, to be printed. Raises PermissionDenied."""
    now = clock.now()
    _check(placement, by, now)
    page = people_then(placement, by, at, period, most=MOST_PRINTED)
    _record(placement, by, now, page, file="print")
    return page


@transaction.atomic
def export_people_then(
    *, placement: Placement, at: datetime, period: Period, by: Actor, zone: ZoneInfo
) -> IO[bytes]:
    """The same as a CSV file, a row for each way, and for each kind of opening. Raises PermissionDenied."""
    now = clock.now()
    _check(placement, by, now)
    page = people_then(placement, by, at, period, most=EVERYONE)
    file, _rows_written = exports.spooled_csv([_(name) for name in CSV_HEAD], _rows(page, zone))
    _record(placement, by, now, page, file="csv")
    return file


def _check(placement: Placement, by: Actor, now: datetime) -> None:
    if not may_ask_of_the_past(placement, by.rights(placement.worklist), now):
        raise PermissionDenied(_(ONLY_WITH_THE_TRAIL))


def _record(placement: Placement, by: Actor, now: datetime, page: PeopleThen, **more: str) -> None:
    detail = {"names": "people", "rows": len(page.people), "moment": page.at.isoformat(), **more}
    record(Action.ACCESS_READ, by=by, on=on_placement(placement, at=now, detail=detail))


def _rows(page: PeopleThen, zone: ZoneInfo) -> Iterator[Sequence[object]]:
    for person in page.people:
        yield from _ways(COULD, person.shown, zone, person.email)
    for emailed in page.emailed:
        yield from _ways(BY_EMAIL, emailed, zone)
    for link in page.links:
        yield from _ways(LINK, link, zone)
    for opener in page.openers:
        for opened in opener.opened:
            yield _opened(opener, opened, zone)


def _ways(of: str, person: ShownPerson, zone: ZoneInfo, email: str = "") -> Iterator[Sequence[object]]:
    for way in person.ways:
        path = " > ".join(str(step["label"]) for step in way.path)
        moments = _moment(way.since, zone), _moment(way.last_day, zone)
        yield _(of), person.name, email, way.role, way.worklist, path, way.by, *moments, *[""] * 6


def _opened(opener: Opener, opened: Opened, zone: ZoneInfo) -> Sequence[Any]:
    who = f"{opener.who}, {opener.token}" if opener.token else opener.who
    moments = _moment(opened.first, zone), _moment(opened.last, zone)
    known = _known(opener.could), _known(opener.can)
    return _(DID), who, opener.about, *[""] * 6, opened.label, *moments, opened.times, *known


def _known(whether: bool | None) -> str:
    return _("not known") if whether is None else _("yes") if whether else _("no")


def _moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(sep=" ", timespec="seconds") if moment is not None else ""
