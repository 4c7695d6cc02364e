"""Repeats of one read within a minute, folded into a line: a page is not filled by a person's clicks.

A fold hides nothing: all that an event holds, its moment and its number apart, is the same in each of them, and the
line says how many there are and opens to their moments. Changes and refusals are never folded, and nothing is folded
over one.
"""

import json
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from audit.actions import Action
from audit.models import AuditEvent

WITHIN = timedelta(minutes=1)
# Reads of a page. What takes something out (a download, an export, a picture saved) has a line each time.
READS = frozenset(
    {
        Action.STUDY_OPEN,
        Action.IMAGES_SERVED,
        Action.ACCESS_READ,
        Action.DIALOG_READ,
        Action.UPLOAD_READ,
        Action.SENDINGS_READ,
        Action.LIST_READ,
        Action.LIST_SEARCH,
        Action.SHARES_READ,
        Action.INVITATIONS_READ,
        Action.REGISTER_READ,
        Action.NOTICES_READ,
        Action.RECIPIENT_LISTS_READ,
        Action.GUEST_LINKS_READ,
        Action.DIRECTORY_SEARCH,
        Action.ADMINISTRATION_READ,
        Action.AUDIT_READ,
    }
)
_NOT_COMPARED = frozenset({"id", "at"})
_COMPARED = [
    each.attname
    for each in AuditEvent._meta.concrete_fields
    if each.attname not in {*_NOT_COMPARED, "detail"}
]


@dataclass
class Fold:
    """An event, or several that are the same but for their moments; in the order in which they were given."""

    events: list[AuditEvent]

    @property
    def moments(self) -> tuple[datetime, ...]:
        return tuple(event.at for event in self.events)


@dataclass
class Folding:
    """Folds events that are given one after the other, newest first or oldest first.

    Either way round there are as many lines: each takes all that is within a minute of its first.
    """

    folds: list[Fold] = field(default_factory=list)
    _open: dict[Hashable, Fold] = field(default_factory=dict)

    def takes(self, event: AuditEvent) -> bool:
        """Whether the event would be in a line that is there already."""
        return self._line_of(event) is not None

    def add(self, event: AuditEvent) -> None:
        if line := self._line_of(event):
            line.events.append(event)
            return
        line = Fold([event])
        self.folds.append(line)
        if not _is_read(event):
            self._open.clear()
        else:
            self._open[_what(event)] = line

    def _line_of(self, event: AuditEvent) -> Fold | None:
        line = self._open.get(_what(event)) if _is_read(event) else None
        return line if line and abs(line.events[0].at - event.at) <= WITHIN else None


def folded(events: Iterable[AuditEvent]) -> list[Fold]:
    folding = Folding()
    for event in events:
        folding.add(event)
    return folding.folds


def as_many_as_fill(events: Iterable[AuditEvent], lines: int) -> int:
    """How many of these events, from the first on, are so many lines at most."""
    folding, taken = Folding(), 0
    for event in events:
        if len(folding.folds) == lines and not folding.takes(event):
            break
        folding.add(event)
        taken += 1
    return taken


def _is_read(event: AuditEvent) -> bool:
    return event.action in READS and event.outcome == "success"


def _what(event: AuditEvent) -> Hashable:
    """All values of the event but its number and its moment."""
    kept = tuple(getattr(event, name) for name in _COMPARED)
    return (*kept, json.dumps(event.detail, sort_keys=True, default=str))
