"""Reading and exporting a trail: both are recorded in the trail."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit import clock, exports, selectors
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from audit.selectors import Filters
from audit.services import event as event_of
from audit.services import record
from audit.shown_events import ShownEvent
from common.text import one_line
from studies.events import on_placement
from studies.models import Placement
from studies.selectors.trail import event_in, line_in, trail_of, trail_sentence
from studies.services.openings import record_openings
from worklists import access

MAY_NOT = gettext_noop("Your role on this worklist does not let you view the audit trail.")
# Programs read these names: they are the same in every language.
CSV_HEAD = (
    "When", "Time zone", "Person", "Person mark", "Email", "Email domain", "Role",  # allowed: names of columns
    "Action", "What happened", "Outcome", "Worklist",  # allowed: names of columns
    "Account", "IP address", "Study UID", "Share", "Event",  # allowed: names of columns
)  # fmt: skip


@dataclass(frozen=True)
class Trail:
    """One page of a trail, ready to be shown; `events` are its lines, with repeats folded."""

    sentence: str
    events: list[ShownEvent]
    newer: int | None
    older: int | None
    people: list[tuple[int, str]]


def check_view_audit(by: Actor, placement: Placement) -> None:
    """By the role on the worklist, or by the role in its account, which may show all trails. Select `account`."""
    worklist = placement.worklist
    if by.may("view_study_audit", worklist):
        return
    if worklist.account is None or not access.audits(by, worklist.account):
        raise PermissionDenied(_(MAY_NOT))


@transaction.atomic
def read_trail(
    *,
    placement: Placement,
    by: Actor,
    filters: Filters,
    before: int | None = None,
    after: int | None = None,
) -> Trail:
    """One page, newest first, and an event that records the read; raises PermissionDenied."""
    check_view_audit(by, placement)
    now = clock.now()
    events = trail_of(placement, at=now)
    people = selectors.people_in(events)
    events = selectors.with_new_names(events, [person for person, _name in people])
    page = selectors.page_of(selectors.filtered(events, filters), before=before, after=after)
    _record(Action.AUDIT_READ, placement, by, now, filters)
    return Trail(
        trail_sentence(placement, at=now),
        [line_in(line, placement) for line in page.lines],
        page.newer,
        page.older,
        people,
    )


@transaction.atomic
def open_trail(*, placement: Placement, by: Actor) -> None:
    """The trail's page without an event in it, which still names the patient; raises PermissionDenied."""
    check_view_audit(by, placement)
    on = on_placement(placement, at=clock.now(), detail={"page": "trail"})
    record_openings([(placement, event_of(Action.STUDY_OPEN, by=by, on=on))])


@transaction.atomic
def export_trail(*, placement: Placement, by: Actor, filters: Filters, zone: ZoneInfo) -> IO[bytes]:
    """The whole filtered trail as a CSV file, and an event with the number of lines; raises PermissionDenied.

    The file is written out before any of it is sent: it is whole or there is none, and the transaction does not
    wait for the reader's network. It has no name on the disk and is removed when it is closed.
    """
    check_view_audit(by, placement)
    now = clock.now()
    events = trail_of(placement, at=now)
    events = selectors.filtered(selectors.with_new_names(events, selectors.acting_in(events)), filters)
    file, lines = exports.spooled_csv(CSV_HEAD, _rows(events, placement, zone))
    _record(Action.AUDIT_EXPORT, placement, by, now, filters, lines=lines)
    return file


def _rows(events: QuerySet[AuditEvent], placement: Placement, zone: ZoneInfo) -> Iterator[Sequence[object]]:
    for batch in selectors.batches(events):
        for event in batch:
            line = event_in(event, placement)
            yield (
                event.at.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
                zone.key,
                line.who,
                line.mark,
                line.email,
                line.domain,
                one_line(event.role_label),
                line.action,
                line.sentence,
                event.outcome,
                line.where,
                line.account,
                line.ip_address,
                event.study_uid,
                event.share_uuid,
                event.pk,
            )


def _record(
    action: Action,
    placement: Placement,
    by: Actor,
    now: datetime,
    filters: Filters,
    **detail: object,
) -> None:
    detail["filters"] = filters.named()
    record(action, by=by, on=on_placement(placement, at=now, detail=detail))
