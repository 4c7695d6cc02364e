"""The only door to the audit trail."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from operator import itemgetter
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.expressions import DatabaseDefault
from django.utils.module_loading import import_string

from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from common import prepared
from common.copying import FEW, copy_in

BATCH = 5000  # events built at a time
ROLE_LABEL = 200  # the column's length
# The columns of a row beside its detail; the database sets its time.
COPIED = [
    field.attname for field in AuditEvent._meta.concrete_fields if field.name not in ("id", "at", "detail")
]
# Of an event's own dictionary: by attribute each value would pass a descriptor of Django's.
_values = itemgetter(*COPIED)
_ID, _AT, *_REST = AuditEvent._meta.concrete_fields
# The moment of an event is the database's.
_NOW = _AT.get_default()
_GIVEN = [field.attname for field in _REST]
# Of a single event, as each read and search has it.
_ADD = f"""
INSERT INTO {AuditEvent._meta.db_table} ({", ".join(str(field.column) for field in _REST)})
VALUES ({", ".join(["%s"] * len(_REST))}) RETURNING id
"""


@dataclass(frozen=True, kw_only=True)
class On:
    """What an action was about, as ids and labels: the event outlives the rows they name.

    `in_original` says whether the placement was internal when it happened (DESIGN: trails).
    """

    account_id: int | None = None
    account_label: str = ""
    worklist_id: int | None = None
    worklist_label: str = ""
    study_id: int | None = None
    study_uid: str = ""
    placement_uuid: UUID | None = None
    share_uuid: UUID | None = None
    invitation_uuid: UUID | None = None
    other_worklist_id: int | None = None
    other_worklist_label: str = ""
    in_original: bool = False
    role_label: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


def event(action: Action, *, by: Actor, on: On, outcome: str = "success", purpose: str = "") -> AuditEvent:
    """Build one event without writing it; `record_all` writes many at once.

    Who acted, from which IP address and under which role comes from the actor, so no caller can leave it out.
    """
    values = {
        **vars(on),
        "action": str(action),
        "outcome": outcome,
        "purpose": purpose,
        "by_id": by.user_id,
        "by_label": by.label,
        "ip_address": by.ip_address,
        "role_label": on.role_label or by.role_label(on.account_id, on.worklist_id)[:ROLE_LABEL],
        "detail": {**by.trail_detail, **on.detail},
    }
    # By position: thousands are built at a time, and by name each costs three times as much.
    return AuditEvent(None, _NOW, *(values[name] for name in _GIVEN))  # type: ignore[misc]


def record(
    action: Action, *, by: Actor, on: On | None = None, outcome: str = "success", purpose: str = ""
) -> None:
    """Write one event in the caller's transaction; when it cannot be written, the change fails with it."""
    record_all([event(action, by=by, on=on or On(), outcome=outcome, purpose=purpose)])


def read_and_record(
    sql: str, parameters: Sequence[Any], *, action: Action, by: Actor, on: On
) -> list[tuple[Any, ...]]:
    """The rows of a select, and the event of reading them, written by the same statement: both are done or neither.

    For what is asked many times, and costs less than the beginning and the end of a transaction of its own. The select
    begins with its first word, and is prepared by its text (`common.prepared`).
    """
    counter = _counter_named(settings.CIMAR_AUDIT_COUNTER)()
    reading = event(action, by=by, on=on)
    counter.add(reading)
    rows = prepared.rows(f"WITH event AS ({_ADD}) {sql}", [*_row(reading), *parameters])
    transaction.on_commit(counter.count, robust=True)
    return rows


def record_all(events: Iterable[AuditEvent]) -> None:
    """Write many events in a few statements, in the caller's transaction. Give thousands as a generator.

    Events are built before their statement begins: building them may ask the database for the name of a role, and while
    rows are being copied in, the connection answers nothing else.
    """
    counter = _counter_named(settings.CIMAR_AUDIT_COUNTER)()
    counted = _counted(events, counter)
    while batch := list(islice(counted, BATCH)):
        if len(batch) == 1 and _is_whole(row := _row(batch[0])):
            [(batch[0].pk,)] = prepared.rows(_ADD, row)
        elif len(batch) <= FEW:
            AuditEvent.objects.bulk_create(batch)
        else:
            copy_in(AuditEvent, [*COPIED, "detail"], map(_row, batch))
    # Count after commit only; a failing counter must not break the request.
    transaction.on_commit(counter.count, robust=True)


def count_again(repeated: AuditEvent) -> None:
    """Count an action that has no event of its own, because the same was recorded a moment before."""
    counter = _counter_named(settings.CIMAR_AUDIT_COUNTER)()
    counter.add(repeated)
    transaction.on_commit(counter.count, robust=True)


def _row(event: AuditEvent) -> tuple[Any, ...]:
    """In the order of `COPIED`, with the detail at the end."""
    return (*_values(vars(event)), json.dumps(event.detail))


def _is_whole(row: tuple[Any, ...]) -> bool:
    """Whether every column has a value. In the event that closes a burst, made from kept values, some may not."""
    return not any(isinstance(value, DatabaseDefault) for value in row)


class EventCounter(Protocol):
    """Counts the events of one transaction; the setting CIMAR_AUDIT_COUNTER names the class that does."""

    def add(self, event: AuditEvent) -> None: ...

    def count(self) -> None:
        """Called once the added events are committed."""


@cache
def _counter_named(name: str) -> "type[EventCounter]":
    """Resolved once a process, not on every write."""
    counter_class: type[EventCounter] = import_string(name)
    return counter_class


def _counted(events: Iterable[AuditEvent], counter: EventCounter) -> Iterator[AuditEvent]:
    for added in events:
        counter.add(added)
        yield added
