"""Who could open a study at a moment: the facts for `sharing.explanation`, put together from events of the audit trail.

Pure: events in, facts out. Shares come from the events of the study, roles and memberships from the events of accounts;
a row that is older than what its event records counts from when it was noted (`worklists.services.noting`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.dateparse import parse_datetime

from audit.actions import Action
from sharing.explanation import ShareFact
from studies.models import FOREVER
from worklists.access.standing import (
    NO_ROLE,
    AccountMember,
    PlaceFact,
    RoleFact,
    Standings,
    WorklistMember,
)

ENDS = {
    Action.SHARE_END: "ended",
    Action.SHARE_EXPIRE: "expired",
    Action.SHARE_UNREACHABLE: "unreachable",
    Action.SHARE_DECLINE: "declined",
    Action.SHARE_DROP: "withdrawn",
}
OF_SHARES = (
    *(Action.SHARE_ADD, Action.SHARE_CHANGE, Action.SHARE_APPROVE, Action.SHARE_CLAIM, *ENDS),
    *(Action.STUDY_MOVE, Action.STUDY_DELETE),
)


class Event(NamedTuple):
    """What of an event a replay reads."""

    action: str
    at: datetime
    by_id: int | None
    account_id: int | None
    worklist_id: int | None
    other_worklist_id: int | None
    share_uuid: UUID | None
    detail: dict[str, Any]


@dataclass
class StudyThen:
    """A study's shares at a moment. `home` begins with where the study was before its first move."""

    home: int
    shares: dict[UUID, ShareFact] = field(default_factory=dict)
    ended: dict[UUID, ShareFact] = field(default_factory=dict)
    deleted_at: datetime | None = None


def replay_shares(events: Iterable[Event], home: int) -> StudyThen:
    """The events of one study up to the moment, in the order in which they were written."""
    study = StudyThen(home)
    for event in events:
        if event.action == Action.STUDY_MOVE and event.other_worklist_id is not None:
            _move(study, event.other_worklist_id)
        elif event.action == Action.STUDY_DELETE:
            study.deleted_at = event.at
        elif event.share_uuid is not None:
            _share_event(study, event, event.share_uuid)
    return study


def _share_event(study: StudyThen, event: Event, uuid: UUID) -> None:
    share, detail = study.shares.get(uuid), event.detail
    if event.action == Action.SHARE_ADD and event.worklist_id is not None and event.by_id is not None:
        study.shares[uuid] = ShareFact(
            uuid=uuid,
            source=event.worklist_id,
            target=event.other_worklist_id,
            method=str(detail.get("method", "")),
            by=event.by_id,
            since=event.at,
            until=_moment(detail.get("until")),
            approved=detail.get("outcome") != "awaiting_approval",
        )
    elif share is None:
        return
    elif event.action in ENDS:
        why = str(detail.get("why") or ENDS[Action(event.action)])
        study.ended[uuid] = replace(study.shares.pop(uuid), ended_at=event.at, end_reason=why)
    elif event.action == Action.SHARE_APPROVE:
        study.shares[uuid] = replace(share, approved=True)
    elif event.action == Action.SHARE_CLAIM:
        study.shares[uuid] = replace(share, target=event.other_worklist_id)
    elif event.action == Action.SHARE_CHANGE and "until" in detail:
        study.shares[uuid] = replace(share, until=_moment(detail["until"]))


def _move(study: StudyThen, home: int) -> None:
    """Shares from the old home go on from the new one; those that end with the move have events of their own."""
    for uuid, share in study.shares.items():
        if share.source == study.home:
            study.shares[uuid] = replace(share, source=home)
    study.home = home


def _moment(text: object) -> datetime:
    return (parse_datetime(str(text)) if text else None) or FOREVER


def replay_rights(
    events: Iterable[Event], places: dict[int, PlaceFact], platform: dict[int, str]
) -> Standings:
    """The changes of rights of some accounts up to the moment, in the order in which they were written.

    `places` are personal worklists, which never change; `platform` has the keys of the platform's own roles.
    """
    standings = Standings(places=dict(places))
    for event in events:
        kind = event.detail.get("of") if event.action == Action.RIGHTS_NOTE else KIND_OF.get(event.action)
        if kind is not None and (follow := FOLLOW.get(str(kind))) is not None:
            follow(standings, event)
    for role, key in platform.items():
        setattr(standings, key, standings.roles.get(role, NO_ROLE))
    return standings


def _role(standings: Standings, event: Event) -> None:
    role, detail = event.detail.get("role_id"), event.detail
    if role is None:
        return
    known = standings.roles.get(role, NO_ROLE)
    ticked = frozenset(detail["ticked"]) if "ticked" in detail else known.ticked
    standings.roles[role] = RoleFact(str(detail.get("role", known.name)), ticked)


def _user(standings: Standings, event: Event) -> None:
    noted = event.detail.get("active", event.action == Action.USER_REACTIVATE)
    standings.active[event.detail.get("person_id", 0)] = bool(noted)


def _worklist(standings: Standings, event: Event) -> None:
    if event.worklist_id is None:
        return
    if event.action == Action.WORKLIST_REMOVE:
        standings.places.pop(event.worklist_id, None)
    elif "default_role_id" in event.detail:
        default = event.detail["default_role_id"]
        standings.places[event.worklist_id] = PlaceFact(event.worklist_id, event.account_id, None, default)


def _member(standings: Standings, event: Event) -> None:
    person, account, detail = event.detail.get("person_id"), event.account_id, event.detail
    if person is None or account is None:
        return
    known = standings.joined.get((person, account))
    if event.action == Action.MEMBER_LEAVE:
        _leave(standings, person, account, inactive=bool(detail.get("inactive")))
    elif known is None and detail.get("role_id") is not None:
        since = event.at if event.action == Action.MEMBER_ADD else None
        standings.joined[person, account] = AccountMember(
            detail["role_id"], detail.get("active", True), detail.get("every_worklist", False), since
        )
    elif known is not None:
        standings.joined[person, account] = AccountMember(
            detail.get("role_id") or known.role_id,
            detail.get("active", known.active),
            detail.get("every_worklist", known.every_worklist),
            known.since,
        )


def _leave(standings: Standings, person: int, account: int, *, inactive: bool) -> None:
    known = standings.joined.pop((person, account), None)
    if inactive and known is not None:
        standings.joined[person, account] = replace(known, active=False)
    elif not inactive:
        for place in standings.places.values():
            if place.account_id == account:
                standings.members.pop((person, place.worklist_id), None)


def _worklist_member(standings: Standings, event: Event) -> None:
    person, worklist = event.detail.get("person_id"), event.worklist_id
    if person is None or worklist is None:
        return
    if event.action == Action.WORKLIST_MEMBER_REMOVE:
        standings.members.pop((person, worklist), None)
    elif "role_id" in event.detail:
        known = standings.members.get((person, worklist))
        since = known.since if known is not None else event.at
        noted = event.action == Action.RIGHTS_NOTE
        standings.members[person, worklist] = WorklistMember(
            event.detail["role_id"], None if noted else since
        )


KIND_OF: dict[str, str] = {
    Action.ROLE_ADD: "role",
    Action.ROLE_CHANGE: "role",
    Action.USER_DEACTIVATE: "user",
    Action.USER_REACTIVATE: "user",
    Action.WORKLIST_ADD: "worklist",
    Action.WORKLIST_CHANGE: "worklist",
    Action.WORKLIST_REMOVE: "worklist",
    Action.MEMBER_ADD: "member",
    Action.MEMBER_CHANGE: "member",
    Action.MEMBER_LEAVE: "member",
    Action.WORKLIST_MEMBER_ADD: "worklist_member",
    Action.WORKLIST_MEMBER_CHANGE: "worklist_member",
    Action.WORKLIST_MEMBER_REMOVE: "worklist_member",
}
FOLLOW: dict[str, Callable[[Standings, Event], None]] = {
    "role": _role,
    "user": _user,
    "worklist": _worklist,
    "member": _member,
    "worklist_member": _worklist_member,
}
