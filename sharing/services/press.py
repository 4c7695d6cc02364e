"""A press of Share Studies as it was decided: written all at once, and audited row by row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from audit.services import event, record, record_all
from common.copying import FEW, copy_in
from common.text import identity
from sharing.decisions import Decision, Key, Outcome, ShareChange
from sharing.events import Labels, moment_text, on_share
from sharing.graph import Graph
from sharing.models import Method, Share
from sharing.targets import Target
from studies.events import on_placement, on_placements
from studies.models import Placement
from worklists.events import on_worklist
from worklists.models import Worklist

# Every column but the key, which the database gives.
COPIED = [field.attname for field in Share._meta.concrete_fields if not field.primary_key]


@dataclass(frozen=True)
class ReportRow:
    """The outcome for one study and one target; `placement` is empty where the study was gone meanwhile."""

    placement_uuid: UUID
    placement: Placement | None
    target: Target
    label: str
    outcome: str
    sentence: str = ""
    share: Share | None = None
    change: ShareChange | None = None


@dataclass(frozen=True)
class ShareReport:
    """A row per study and target of one press."""

    press: UUID
    worklist: Worklist
    rows: list[ReportRow]

    def count(self, *outcomes: str) -> int:
        return sum(row.outcome in outcomes for row in self.rows)


@dataclass(frozen=True, kw_only=True)
class Press:
    """One use of the Share Studies button: what all its shares have alike, and the end of new shares by method."""

    uuid: UUID
    by: Actor
    worklist: Worklist
    note: str
    expires_at: datetime | None
    ends: Mapping[str, datetime | None]
    now: datetime
    # The emails that looked like others, and were confirmed.
    confirmed: frozenset[str] = frozenset()
    open_by: datetime | None = None


def write(press: Press, decisions: Iterable[Decision]) -> tuple[list[ReportRow], list[Share]]:
    """Insert the new shares, update the changed ones; the report's rows, and the new shares."""
    decisions = list(decisions)
    new: dict[Key, Share] = {}
    changed: list[Share] = []
    rows: list[ReportRow] = []
    for decision in decisions:
        share = decision.share
        if decision.change is not None and share is not None:
            share.expires_at, share.note = decision.change.expires_at, decision.change.note
            share.open_by = decision.change.open_by
            changed.append(share)
        elif share is None and decision.key is not None:
            share = new.get(decision.key) or new.setdefault(decision.key, _new_share(press, decision))
        rows.append(_row(decision, share))
    _insert(list(new.values()))
    _update(press, changed)
    return rows, list(new.values())


def audit(press: Press, rows: Sequence[ReportRow], graphs: dict[int, Graph]) -> None:
    """An event a row, except for what was shared already, where nothing was written.

    The report names those studies too: the read of all whose every row is such is one event.
    """
    labels = Labels.of(row.share for row in rows if row.share is not None)
    written = [row for row in rows if row.outcome != Outcome.ALREADY_SHARED]
    record_all(_event(press, row, labels, graphs) for row in written)
    named = {row.placement_uuid: row.placement for row in rows if row.placement is not None}
    if read := [named[uuid] for uuid in named.keys() - {row.placement_uuid for row in written}]:
        on = on_placements(read, at=press.now, dialog="report", press=str(press.uuid))
        record(Action.DIALOG_READ, by=press.by, on=on)


def _row(decision: Decision, share: Share | None) -> ReportRow:
    placement, recipient = decision.placement, decision.recipient
    return ReportRow(
        placement.uuid,
        placement,
        recipient.target,
        recipient.label,
        decision.outcome,
        decision.sentence,
        share,
        decision.change,
    )


def _new_share(press: Press, decision: Decision) -> Share:
    key = decision.key
    assert key is not None  # only a refusal has none
    recipient = decision.recipient
    return Share(
        press=press.uuid,
        study=decision.placement.study,
        from_worklist=press.worklist,
        to_worklist_id=key.to_worklist_id,
        invitation_id=key.invitation_id,
        method=key.method,
        email=recipient.target.value if key.method == Method.EMAIL else "",
        code=recipient.target.value if key.method == Method.CODE else "",
        account_id=key.account_id,
        shared_by=press.by.person,
        shared_at=press.now,
        expires_at=press.ends[key.method],
        note=press.note,
        open_by=press.open_by,
        escalate_at=press.open_by,
        approved_at=None if decision.outcome == Outcome.AWAITING_APPROVAL else press.now,
    )


def _event(press: Press, row: ReportRow, labels: Labels, graphs: dict[int, Graph]) -> AuditEvent:
    if row.share is None:
        detail = {"method": row.target.method, "why": row.sentence, "press": str(press.uuid)}
        on = (
            on_placement(row.placement, at=press.now, detail=detail)
            if row.placement is not None
            else on_worklist(press.worklist, **detail)
        )
        return event(Action.REFUSED, by=press.by, on=on, outcome="refused")
    assert row.placement is not None  # a share has a study
    is_asked = bool(press.confirmed) and identity(row.target.value) in press.confirmed
    on = on_share(
        row.share,
        row.placement.study,
        labels,
        in_original=graphs[row.placement.study_id].at(press.worklist.pk).internal > press.now,
        outcome=str(row.outcome),
        until=moment_text(row.share.expires_at),
        **({"confirmed": True} if is_asked else {}),
        **({"open_by": moment_text(row.share.open_by)} if row.share.open_by and row.change is None else {}),
        **(row.change.detail if row.change is not None else {}),
    )
    action = Action.SHARE_CHANGE if row.outcome == Outcome.CHANGED else Action.SHARE_ADD
    return event(action, by=press.by, on=on)


def _update(press: Press, shares: Sequence[Share]) -> None:
    """All at once: what the press gives is the same for each, and what it leaves empty stays."""
    given = {
        "expires_at": press.expires_at,
        "note": press.note,
        "open_by": press.open_by,
        "escalate_at": press.open_by,
    }
    if shares:
        rows = Share.objects.filter(pk__in=[share.pk for share in shares])
        rows.update(**{field: value for field, value in given.items() if value})


def _insert(shares: Sequence[Share]) -> None:
    """All at once, and each gets its key."""
    if len(shares) <= FEW:
        Share.objects.bulk_create(shares)
        return
    copy_in(Share, COPIED, map(attrgetter(*COPIED), shares))
    keys = dict(Share.objects.filter(uuid__in=[share.uuid for share in shares]).values_list("uuid", "pk"))
    for share in shares:
        share.pk = keys[share.uuid]
        share._state.adding = False
