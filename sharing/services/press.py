"""One press under its locks: decides each row, then writes all shares at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from accounts.models import Invitation
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from audit.services import event, record_all
from common.copying import FEW, copy_in
from sharing import permissions
from sharing.events import Labels, on_share
from sharing.graph import Graph
from sharing.models import Method, Share
from sharing.permissions import Allowed
from sharing.targets import Resolved, Target
from studies.events import on_placement, on_worklist
from studies.models import Placement
from worklists.models import Worklist

GONE = "This study is no longer on this worklist."
HOME = "The original is on this worklist, so the study is already there."


# Every column but the key, which the database gives.
COPIED = [field.attname for field in Share._meta.concrete_fields if not field.primary_key]


class Outcome:
    SHARED = "shared"
    CHANGED = "changed"
    ALREADY_SHARED = "already_shared"
    INVITED = "invited"
    AWAITING_APPROVAL = "awaiting_approval"
    REFUSED = "refused"


@dataclass(frozen=True)
class Row:
    """What became of one study and one target; `placement` is empty of a study when it was gone meanwhile."""

    placement_uuid: UUID
    placement: Placement | None
    target: Target
    label: str
    outcome: str
    sentence: str = ""
    share: Share | None = None


@dataclass(frozen=True)
class ShareReport:
    """A row per study and target of one press."""

    press: UUID
    worklist: Worklist
    rows: list[Row]

    def count(self, *outcomes: str) -> int:
        return sum(row.outcome in outcomes for row in self.rows)


class Key(NamedTuple):
    """What makes a share the same share while it has not ended."""

    study_id: int
    to_worklist_id: int | None
    invitation_id: int | None
    method: str
    account_id: int | None


class Press:
    """One press under its locks: decides each row, then writes all shares at once."""

    def __init__(
        self,
        press: UUID,
        by: Actor,
        worklist: Worklist,
        note: str,
        expires_at: datetime | None,
        now: datetime,
        graphs: dict[int, Graph],
        allowed: dict[int, frozenset[Allowed]],
        invitations: dict[str, Invitation],
    ) -> None:
        self.press, self.by, self.worklist = press, by, worklist
        self.note, self.expires_at, self.now = note, expires_at, now
        self.graphs, self.allowed, self.invitations = graphs, allowed, invitations
        self.by_role = frozenset().union(*allowed.values()) if allowed else frozenset()
        self.new: list[Share] = []
        self.changed: list[Share] = []
        self.standing = {
            Key(
                share.study_id,
                share.to_worklist_id,
                None if share.to_worklist_id else share.invitation_id,
                share.method,
                share.account_id,
            ): share
            for one in graphs.values()
            for share in one.shares
            if share.from_worklist_id == worklist.pk and share.shared_by_id == by.user_id
        }

    def row(self, placement: Placement, one: Resolved) -> Row:
        """Decide one study and one target."""
        refusal = self._refusal(placement, one)
        if refusal:
            return self._answer(placement, one, Outcome.REFUSED, refusal)
        invitation = self.invitations[one.address] if one.address else None
        key = Key(
            placement.study_id,
            one.worklist.pk if one.worklist is not None else None,
            invitation.pk if invitation is not None else None,
            one.target.method,
            one.account_id,
        )
        standing = self.standing.get(key)
        if standing is None:
            share = self._new_share(placement, one, key)
            self.standing[key] = share
            self.new.append(share)
            return self._answer(placement, one, self._outcome(share), "", share)
        if (standing.expires_at, standing.note) == (self.expires_at, self.note):
            return self._answer(placement, one, Outcome.ALREADY_SHARED, "", standing)
        standing.expires_at, standing.note = self.expires_at, self.note
        self.changed.append(standing)
        return self._answer(placement, one, Outcome.CHANGED, "", standing)

    def write(self) -> None:
        _insert(self.new)
        changed = Share.objects.filter(pk__in=[share.pk for share in self.changed])
        changed.update(expires_at=self.expires_at, note=self.note)
        for share in self.new:
            self.graphs[share.study_id].shares.append(share)

    def audit(self, rows: Sequence[Row]) -> None:
        """One event a row, except for what was shared already: nothing written, nothing to say."""
        labels = Labels.of(row.share for row in rows if row.share is not None)
        record_all(self._event(row, labels) for row in rows if row.outcome != Outcome.ALREADY_SHARED)

    def _refusal(self, placement: Placement, one: Resolved) -> str:
        method = Method(one.target.method)
        if self.graphs[placement.study_id].at(self.worklist.pk).visible <= self.now:
            return GONE
        if not any(pair.method == method for pair in self.by_role):
            return permissions.SENTENCES[method]
        if one.refusal:
            return one.refusal
        if one.allowed not in self.allowed[placement.study_id]:
            return permissions.NOT_ONWARD
        if one.worklist is not None and one.worklist.pk == placement.study.home_id:
            return HOME
        return ""

    def _new_share(self, placement: Placement, one: Resolved, key: Key) -> Share:
        awaits = one.worklist is not None and one.worklist.needs_approval
        return Share(
            press=self.press,
            study=placement.study,
            from_worklist=self.worklist,
            to_worklist_id=key.to_worklist_id,
            invitation_id=key.invitation_id,
            method=key.method,
            address=one.target.value if key.method == Method.EMAIL else "",
            account_id=key.account_id,
            shared_by=self.by.person,
            shared_at=self.now,
            expires_at=self.expires_at,
            note=self.note,
            approved_at=None if awaits else self.now,
        )

    @staticmethod
    def _outcome(share: Share) -> str:
        if share.to_worklist_id is None:
            return Outcome.INVITED
        return Outcome.SHARED if share.approved_at is not None else Outcome.AWAITING_APPROVAL

    @staticmethod
    def _answer(
        placement: Placement,
        one: Resolved,
        outcome: str,
        sentence: str,
        share: Share | None = None,
    ) -> Row:
        return Row(placement.uuid, placement, one.target, one.label, outcome, sentence, share)

    def _event(self, row: Row, labels: Labels) -> AuditEvent:
        if row.share is None:
            detail = {
                "method": row.target.method,
                "why": row.sentence,
                "press": str(self.press),
            }
            on = (
                on_placement(row.placement, at=self.now, detail=detail)
                if row.placement is not None
                else on_worklist(self.worklist, detail=detail)
            )
            return event(Action.REFUSED, by=self.by, on=on, outcome="refused")
        assert row.placement is not None  # a share has a study
        internal = self.graphs[row.placement.study_id].at(self.worklist.pk).internal > self.now
        action = Action.SHARE_CHANGE if row.outcome == Outcome.CHANGED else Action.SHARE_ADD
        on = on_share(
            row.share,
            row.placement.study,
            labels,
            in_original=internal,
            outcome=row.outcome,
            until=self.expires_at.isoformat() if self.expires_at else "",
        )
        return event(action, by=self.by, on=on)


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
