"""The outcome of a press of Share Studies, study by study and recipient by recipient: rows in, decisions out.

Pure: everything it needs was read under the locks before, and nothing is written here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Invitation
from sharing import permissions
from sharing.events import moment_text
from sharing.models import Method, Share
from sharing.permissions import Allowed
from sharing.targets import Resolved
from sharing.urgency import ENDS_BEFORE, contradicts
from studies.models import Placement

GONE = gettext_noop("This study is no longer on this worklist.")
HOME = gettext_noop("The original is on this worklist, so the study is already there.")


class Outcome(StrEnum):
    SHARED = "shared"
    CHANGED = "changed"
    ALREADY_SHARED = "already_shared"
    INVITED = "invited"
    AWAITING_APPROVAL = "awaiting_approval"
    REFUSED = "refused"


class Key(NamedTuple):
    """What makes a share of one person from one worklist the same share while it has not ended."""

    study_id: int
    to_worklist_id: int | None
    invitation_id: int | None
    method: str
    account_id: int | None

    @classmethod
    def of(cls, share: Share) -> "Key":
        promised = None if share.to_worklist_id else share.invitation_id
        return cls(share.study_id, share.to_worklist_id, promised, share.method, share.account_id)


@dataclass(frozen=True, kw_only=True)
class Pressed:
    """A press as it was read under its locks.

    `visible` are the studies that are still on the worklist; `by_role` the methods that the role there carries;
    `allowed` what may be used for each study, narrower than `by_role` on a personal worklist; `standing` the person's
    own shares from this worklist that have not ended; `invitations` those of the unregistered emails. `note`,
    `expires_at` and `open_by` are empty where the press gives none.
    """

    placements: Sequence[Placement]
    recipients: Sequence[Resolved]
    visible: frozenset[int]
    by_role: frozenset[Method]
    allowed: Mapping[int, frozenset[Allowed]]
    standing: Mapping[Key, Share]
    invitations: Mapping[str, Invitation]
    note: str
    expires_at: datetime | None
    open_by: datetime | None = None


@dataclass(frozen=True)
class ShareChange:
    """The end date, the note and the urgency of a share, as they were and as they become."""

    was_expires_at: datetime | None
    expires_at: datetime | None
    was_note: str
    note: str
    was_open_by: datetime | None = None
    open_by: datetime | None = None

    @classmethod
    def of(cls, press: Pressed, share: Share) -> "ShareChange | None":
        """What the press changes of a share; None where nothing differs. What it leaves empty stays as it was."""
        change = cls(
            share.expires_at,
            press.expires_at or share.expires_at,
            share.note,
            press.note or share.note,
            share.open_by,
            press.open_by or share.open_by,
        )
        return change if change.differs else None

    @property
    def differs(self) -> bool:
        was = (self.was_expires_at, self.was_note, self.was_open_by)
        return was != (self.expires_at, self.note, self.open_by)

    @property
    def is_longer(self) -> bool:
        was, until = self.was_expires_at, self.expires_at
        return was is not None and (until is None or until > was)

    @property
    def detail(self) -> dict[str, str]:
        """What an event keeps of the share before. The note may tell of the patient: only that it changed is kept."""
        note = {"note": self._noted()} if self.note != self.was_note else {}
        return {"was_until": moment_text(self.was_expires_at), **note, **self._urgent()}

    def _urgent(self) -> dict[str, str]:
        if self.open_by == self.was_open_by:
            return {}
        return {"open_by": moment_text(self.open_by), "was_open_by": moment_text(self.was_open_by)}

    def _noted(self) -> str:
        if not self.note:
            return "removed"
        return "changed" if self.was_note else "added"


@dataclass(frozen=True)
class Decision:
    """For one study and one recipient: the outcome; a refusal's sentence; else the key of its share.

    `share` is the share that exists already; empty where a new share is to be made, or was decided on above. `change`
    is what becomes of that share.
    """

    placement: Placement
    recipient: Resolved
    outcome: Outcome
    sentence: str = ""
    key: Key | None = None
    share: Share | None = None
    change: ShareChange | None = None


def decide(press: Pressed) -> Iterator[Decision]:
    """In the order of the studies, then of the recipients. Two recipients that mean one share make it once."""
    made: set[Key] = set()
    for placement in press.placements:
        for recipient in press.recipients:
            if sentence := refusal(press, placement, recipient):
                yield Decision(placement, recipient, Outcome.REFUSED, sentence)
                continue
            key = _key(press, placement, recipient)
            if (share := press.standing.get(key)) is not None:
                change = ShareChange.of(press, share)
                if change is not None and contradicts(change.open_by, change.expires_at):
                    yield Decision(placement, recipient, Outcome.REFUSED, _(ENDS_BEFORE))
                    continue
                outcome = Outcome.ALREADY_SHARED if change is None else Outcome.CHANGED
                yield Decision(placement, recipient, outcome, "", key, share, change)
                continue
            outcome = Outcome.ALREADY_SHARED if key in made else _new(recipient)
            made.add(key)
            yield Decision(placement, recipient, outcome, "", key)


def refusal(press: Pressed, placement: Placement, recipient: Resolved) -> str:
    """The sentence that refuses to share this study with this recipient; empty where nothing does.

    A method that the role does not carry is refused by the role's sentence; one that it carries, and that the way of
    the study to this worklist does not allow, by `NOT_ONWARD`.
    """
    method = Method(recipient.target.method)
    allowed = press.allowed.get(placement.study_id, frozenset())
    if placement.study_id not in press.visible:
        return _(GONE)
    if method not in press.by_role:
        return _(permissions.SENTENCES[method])
    if all(pair.method != method for pair in allowed):
        return _(permissions.NOT_ONWARD)
    if recipient.refusal:
        return recipient.refusal
    if recipient.allowed not in allowed:
        return _(permissions.NOT_ONWARD)
    if recipient.worklist is not None and recipient.worklist.pk == placement.study.home_id:
        return _(HOME)
    return ""


def _key(press: Pressed, placement: Placement, recipient: Resolved) -> Key:
    invitation = press.invitations[recipient.email] if recipient.email else None
    return Key(
        placement.study_id,
        recipient.worklist.pk if recipient.worklist is not None else None,
        invitation.pk if invitation is not None else None,
        recipient.target.method,
        recipient.account_id,
    )


def _new(recipient: Resolved) -> Outcome:
    if recipient.worklist is None:
        return Outcome.INVITED
    return Outcome.AWAITING_APPROVAL if recipient.worklist.needs_approval else Outcome.SHARED
