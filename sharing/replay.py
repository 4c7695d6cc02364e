"""Where a study was at a moment, put together from events of the audit trail: its shares and its guest links.

Pure: events in, facts out. Who was a member where, with which role, is replayed by `sharing.replay_rights`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.dateparse import parse_datetime

from audit.actions import Action
from sharing.facts import EMAIL, LinkFact, ShareFact
from studies.models import FOREVER

ENDS = {
    Action.SHARE_END: "ended",
    Action.SHARE_EXPIRE: "expired",
    Action.SHARE_UNREACHABLE: "unreachable",
    Action.SHARE_DECLINE: "declined",
    Action.SHARE_DROP: "withdrawn",
}
OF_LINKS = (
    Action.GUEST_LINK_ADD,
    Action.GUEST_LINK_EXTEND,
    Action.GUEST_LINK_OPEN,
    Action.GUEST_LINK_END,
    Action.GUEST_LINK_LAPSE,
)
OF_A_STUDY = (
    *(Action.SHARE_ADD, Action.SHARE_CHANGE, Action.SHARE_APPROVE, Action.SHARE_CLAIM, *ENDS),
    *(Action.STUDY_MOVE, Action.STUDY_DELETE),
    *OF_LINKS,
)


class Event(NamedTuple):
    """What of an event of a study a replay reads."""

    action: str
    at: datetime
    by_id: int | None
    account_id: int | None
    worklist_id: int | None
    worklist_label: str
    other_worklist_id: int | None
    other_worklist_label: str
    share_uuid: UUID | None
    detail: dict[str, Any]


@dataclass
class LinkThen:
    """A guest link at a moment. Each of its events is in the trail of every study that it shows."""

    fact: LinkFact
    name: str
    most_openings: int | None = None
    openings: int = 0

    @property
    def as_it_was(self) -> LinkFact:
        used_up = self.most_openings is not None and self.openings >= self.most_openings
        return replace(self.fact, used_up=used_up)


@dataclass
class StudyThen:
    """A study's shares and guest links at a moment. `home` begins with where the study was before its first move.

    `labels` are the names of worklists as the trail has them; they outlive the worklists.
    """

    home: int
    shares: dict[UUID, ShareFact] = field(default_factory=dict)
    ended: dict[UUID, ShareFact] = field(default_factory=dict)
    links: dict[UUID, LinkThen] = field(default_factory=dict)
    labels: dict[int, str] = field(default_factory=dict)
    deleted_at: datetime | None = None


def replay_study(events: Iterable[Event], home: int) -> StudyThen:
    """The events of one study up to the moment, in the order in which they were written."""
    study = StudyThen(home)
    for event in events:
        if event.worklist_id is not None:
            study.labels[event.worklist_id] = event.worklist_label
        if event.action == Action.STUDY_MOVE and event.other_worklist_id is not None:
            _move(study, event.other_worklist_id)
        elif event.action == Action.STUDY_DELETE:
            study.deleted_at = event.at
        elif event.action in OF_LINKS:
            _link_event(study, event)
        elif event.share_uuid is not None:
            _share_event(study, event, event.share_uuid)
    return study


def _share_event(study: StudyThen, event: Event, uuid: UUID) -> None:
    share, detail = study.shares.get(uuid), event.detail
    if event.action == Action.SHARE_ADD and event.worklist_id is not None and event.by_id is not None:
        method = str(detail.get("method", ""))
        study.shares[uuid] = ShareFact(
            uuid=uuid,
            source=event.worklist_id,
            target=event.other_worklist_id,
            method=method,
            by=event.by_id,
            since=event.at,
            until=_moment(detail.get("until")),
            approved=detail.get("outcome") != AWAITING,
            email=event.other_worklist_label if method == EMAIL else "",
        )
    elif share is None:
        return
    elif event.action in ENDS:
        why = str(detail.get("why") or ENDS[Action(event.action)])
        study.ended[uuid] = replace(study.shares.pop(uuid), ended_at=event.at, end_reason=why)
    elif event.action == Action.SHARE_APPROVE:
        study.shares[uuid] = replace(share, approved=True)
    elif event.action == Action.SHARE_CLAIM:
        approved = share.approved and detail.get("outcome") != AWAITING
        study.shares[uuid] = replace(share, target=event.other_worklist_id, approved=approved)
    elif event.action == Action.SHARE_CHANGE and "until" in detail:
        study.shares[uuid] = replace(share, until=_moment(detail["until"]))


AWAITING = "awaiting_approval"


def _link_event(study: StudyThen, event: Event) -> None:
    detail = event.detail
    uuid = UUID(str(detail["guest_link"]))
    if event.action == Action.GUEST_LINK_ADD:
        if event.worklist_id is not None and event.by_id is not None:
            # Whatever takes the placement away ends the link in the same transaction: it is the same until then.
            fact = LinkFact(
                uuid, event.worklist_id, event.by_id, event.at, _moment(detail.get("until")), same=True
            )
            study.links[uuid] = LinkThen(fact, str(detail.get("link", "")), detail.get("most_openings"))
        return
    link = study.links.get(uuid)
    if link is None:
        return
    if event.action == Action.GUEST_LINK_EXTEND:
        link.fact = replace(link.fact, expires_at=_moment(detail.get("until")))
    elif event.action == Action.GUEST_LINK_OPEN:
        link.openings += 1
    else:
        link.fact = replace(link.fact, ended_at=event.at, end_reason=str(detail.get("why", "ended")))


def _move(study: StudyThen, home: int) -> None:
    """Shares from the old home go on from the new one; those that end with the move have events of their own."""
    for uuid, share in study.shares.items():
        if share.source == study.home:
            study.shares[uuid] = replace(share, source=home)
    study.home = home


def _moment(text: object) -> datetime:
    return (parse_datetime(str(text)) if text else None) or FOREVER
