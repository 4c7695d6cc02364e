"""What became of a share: whether it was accepted, decided, opened, downloaded and acknowledged, from the trail.

A pure function: it asks no database and no clock. Of a share that leaves the original's circle its sharer learns three
things alone: that the recipient accepted it, first opened it and acknowledged it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sharing.models import Method, Share


class Step(StrEnum):
    """What an event of the trail means for the delivery of a share."""

    ACCEPTED = "accepted"
    STUDY = "study"
    IMAGES = "images"
    REPORT = "report"
    DOWNLOAD = "download"
    ACKNOWLEDGED = "acknowledged"


# Each of these is the study being opened.
OPENINGS = frozenset({Step.STUDY, Step.IMAGES, Step.REPORT, Step.DOWNLOAD})
# What an urgent share waits for: the page of the study, or an acknowledgement, shows no image and no report.
URGENT_OPENINGS = OPENINGS - {Step.STUDY}


@dataclass(frozen=True)
class StepTaken:
    """An event on the worklist of the recipient, or the claim of a share that waited for its recipient.

    `is_inside`: whether it is in the original's trail, as it was recorded when it happened. `by_id` is empty for who is
    no user, such as a guest; `account_id` is the account in which it happened.
    """

    step: Step
    at: datetime
    by_id: int | None = None
    by_label: str = ""
    account_id: int | None = None
    is_inside: bool = False


@dataclass(frozen=True)
class Delivery:
    """The moments that the sharer may know; empty for what has not happened, or is not theirs to know.

    `opened`, `urgent_opened` and `acknowledged` are moments alone. `urgent_opened` is the opening of images or a report
    or, outside, where the sharer does not learn what was opened, the first opening. `images`, `report`, `download` and
    `acknowledged_by` say who as well, and are there for what happened inside only.
    """

    accepted: datetime | None = None
    approved: datetime | None = None
    declined: datetime | None = None
    opened: datetime | None = None
    urgent_opened: datetime | None = None
    images: StepTaken | None = None
    report: StepTaken | None = None
    download: StepTaken | None = None
    acknowledged: datetime | None = None
    acknowledged_by: StepTaken | None = None
    ended: datetime | None = None


def is_outside(share: Share) -> bool:
    """Whether this is a share by email: the sharer may not follow what the recipient does after that."""
    return share.method == Method.EMAIL


def fold(share: Share, events: Iterable[StepTaken]) -> Delivery:
    """The delivery of the share. `events` may come in any order; events of other shares or times are left out here."""
    taken = sorted(
        (event for event in events if _counts(share, event)), key=lambda event: (event.at, event.step)
    )
    known = [] if is_outside(share) else [event for event in taken if event.is_inside]
    acknowledged = _first(taken, {Step.ACKNOWLEDGED})
    opened = _first(taken, OPENINGS)
    urgent = _first(known, URGENT_OPENINGS)
    outside = opened_outside(share, taken)
    is_declined = share.end_reason == Share.EndReason.DECLINED
    return Delivery(
        accepted=_accepted(share, taken),
        approved=share.approved_at if share.approved_by_id is not None else None,
        declined=share.ended_at if is_declined else None,
        opened=opened.at if opened is not None else None,
        urgent_opened=min((step.at for step in (urgent, outside) if step is not None), default=None),
        images=_first(known, {Step.IMAGES}),
        report=_first(known, {Step.REPORT}),
        download=_first(known, {Step.DOWNLOAD}),
        acknowledged=acknowledged.at if acknowledged is not None else None,
        acknowledged_by=_first(known, {Step.ACKNOWLEDGED}),
        ended=share.ended_at,
    )


def opened_outside(share: Share, taken: Iterable[StepTaken]) -> StepTaken | None:
    """The first opening of which the sharer knows no more than its moment."""
    return next(
        (event for event in taken if event.step in OPENINGS and (is_outside(share) or not event.is_inside)),
        None,
    )


def begins(share: Share) -> datetime | None:
    """The moment from which this share gives the recipient the study; None while the share is not approved."""
    return max(share.shared_at, share.approved_at) if share.approved_at is not None else None


def _counts(share: Share, event: StepTaken) -> bool:
    """Whether the event belongs to this share. Reads by the sharer and by guests do not count."""
    if event.step == Step.ACCEPTED:
        return True
    begun = begins(share)
    if begun is None or event.at < begun or event.by_id in (None, share.shared_by_id):
        return False
    ends = [moment for moment in (share.ended_at, share.expires_at) if moment is not None]
    return all(event.at <= moment for moment in ends)


def _accepted(share: Share, taken: list[StepTaken]) -> datetime | None:
    """A recipient by email accepts by registering. A person who had registered before accepts with the share itself."""
    if share.method != Method.EMAIL or share.to_worklist_id is None:
        return None
    claim = _first(taken, {Step.ACCEPTED})
    if claim is not None:
        return claim.at
    return share.shared_at if share.invitation_id is None else None


def _first(taken: list[StepTaken], steps: Iterable[Step]) -> StepTaken | None:
    return next((event for event in taken if event.step in steps), None)
