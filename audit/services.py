"""The only door to the audit trail."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.utils.module_loading import import_string

from audit.actions import Action
from audit.models import AuditEvent
from common.copying import FEW, copy_in

LABEL = 300  # as long as the column
# What goes into a row beside its detail; its moment is the database's.
COPIED = [
    field.attname for field in AuditEvent._meta.concrete_fields if field.name not in ("id", "at", "detail")
]
_values = attrgetter(*COPIED)


class Person(Protocol):
    """Who acts: a user row, or anything with the same three names."""

    pk: Any
    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class On:
    """What a deed was done to, as ids and labels: the event outlives the rows they name.

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


def event(
    action: Action,
    *,
    by: Any | None,
    on: On,
    outcome: str = "success",
    address: str | None = None,
    purpose: str = "",
) -> AuditEvent:
    """Build one event without writing it; `record_all` writes many at once."""
    return AuditEvent(
        action=str(action),
        outcome=outcome,
        purpose=purpose,
        by_id=by.pk if by is not None else None,
        by_label=_label(by),
        address=address,
        **vars(on),
    )


def record(
    action: Action,
    *,
    by: Any | None,
    on: On | None = None,
    outcome: str = "success",
    address: str | None = None,
    purpose: str = "",
) -> None:
    """Write one event in the caller's transaction; when it cannot be written, the deed fails with it."""
    record_all(
        [
            event(
                action,
                by=by,
                on=on or On(),
                outcome=outcome,
                address=address,
                purpose=purpose,
            )
        ]
    )


def record_all(events: Iterable[AuditEvent]) -> None:
    """Write many events in one statement, in the caller's transaction. Give thousands as a generator.

    The generator asks the database nothing: from fifty on its rows go out as it makes them.
    """
    tally: Tally = import_string(settings.CIMAR_AUDIT_TALLY)()
    coming = _tallied(events, tally)
    few = list(islice(coming, FEW + 1))
    if len(few) <= FEW:
        AuditEvent.objects.bulk_create(few)
    else:
        rows = ((*_values(one), json.dumps(one.detail)) for one in chain(few, coming))
        copy_in(AuditEvent, [*COPIED, "detail"], rows)
    # What is undone was not done; and no mishap in counting undoes a deed.
    transaction.on_commit(tally.count, robust=True)


class Tally(Protocol):
    """Counts events; the setting CIMAR_AUDIT_TALLY names whose."""

    def add(self, event: AuditEvent) -> None: ...

    def count(self) -> None:
        """What was added is committed."""


def _tallied(events: Iterable[AuditEvent], tally: Tally) -> Iterator[AuditEvent]:
    for one in events:
        tally.add(one)
        yield one


@transaction.atomic(durable=True)
def record_denied(
    *,
    by: Any | None,
    on: On | None = None,
    what: str,
    why: str = "",
    address: str | None = None,
) -> None:
    """Write that somebody was refused, in a transaction of its own: the deed's is undone, this line is not.

    `what` names the page or deed, `why` is the sentence they were told.
    """
    on = on or On()
    detail = {**on.detail, "what": what[:200], "why": why[:300]}
    record(
        Action.DENIED,
        by=by,
        on=replace(on, detail=detail),
        outcome="refused",
        address=address,
    )


def _label(by: Any | None) -> str:
    if by is None:
        return "CIMAR"
    if getattr(by, "is_anonymous", False):
        return "Someone not signed in"
    person: Any = by
    if isinstance(by, models.Model) and getattr(person, "name", None):
        # A very long name gives way: the address behind it says who it was.
        address = f" <{person.email}>"
        return f"{person.name[: LABEL - len(address)]}{address}"
    return str(by)[:LABEL]
