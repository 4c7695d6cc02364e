"""The only door to the audit trail."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from operator import attrgetter
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from common.copying import FEW, copy_in

BATCH = 5000  # events built at a time
ROLE_LABEL = 200  # the column's length
# What goes into a row beside its detail; its moment is the database's.
COPIED = [
    field.attname for field in AuditEvent._meta.concrete_fields if field.name not in ("id", "at", "detail")
]
_values = attrgetter(*COPIED)


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

    Who acted, from which IP address and under which role is the actor's to say, so no caller can leave it out.
    """
    about = vars(on)
    return AuditEvent(
        action=str(action),
        outcome=outcome,
        purpose=purpose,
        by_id=by.user_id,
        by_label=by.label,
        ip_address=by.ip_address,
        **{
            **about,
            "role_label": on.role_label or by.role_label(on.account_id, on.worklist_id)[:ROLE_LABEL],
            "detail": {**by.trail_detail, **on.detail},
        },
    )


def record(
    action: Action, *, by: Actor, on: On | None = None, outcome: str = "success", purpose: str = ""
) -> None:
    """Write one event in the caller's transaction; when it cannot be written, the change fails with it."""
    record_all([event(action, by=by, on=on or On(), outcome=outcome, purpose=purpose)])


def record_all(events: Iterable[AuditEvent]) -> None:
    """Write many events in a few statements, in the caller's transaction. Give thousands as a generator.

    Events are built before their statement begins: building them may ask the database for the name of a role, and while
    rows are being copied in, the connection answers nothing else.
    """
    tally = _tally_named(settings.CIMAR_AUDIT_TALLY)()
    counted = _tallied(events, tally)
    while batch := list(islice(counted, BATCH)):
        if len(batch) <= FEW:
            AuditEvent.objects.bulk_create(batch)
        else:
            rows = ((*_values(event), json.dumps(event.detail)) for event in batch)
            copy_in(AuditEvent, [*COPIED, "detail"], rows)
    # Count after commit only; a failing counter must not break the request.
    transaction.on_commit(tally.count, robust=True)


class Tally(Protocol):
    """Counts events; the setting CIMAR_AUDIT_TALLY names whose."""

    def add(self, event: AuditEvent) -> None: ...

    def count(self) -> None:
        """What was added is committed."""


@cache
def _tally_named(name: str) -> "type[Tally]":
    """Resolved once a process, not on every write."""
    found: type[Tally] = import_string(name)
    return found


def _tallied(events: Iterable[AuditEvent], tally: Tally) -> Iterator[AuditEvent]:
    for one in events:
        tally.add(one)
        yield one


@transaction.atomic(durable=True)
def record_denied(*, by: Actor, on: On | None = None, what: str, why: str = "") -> None:
    """Write that somebody was refused, in a transaction of its own: the action's is undone, this event is not.

    `what` names the page or action, `why` is the sentence they were given.
    """
    on = on or On()
    detail = {**on.detail, "what": what[:200], "why": why[:300]}
    record(Action.DENIED, by=by, on=replace(on, detail=detail), outcome="refused")
