"""Which roles and memberships people had at a moment, put together from events of the audit trail.

Pure: events in, rows out. A row that is older than what its event records counts from when it was noted
(`worklists.services.noting`).
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from audit.actions import Action
from worklists.access.standing import (
    NO_ROLE,
    AccountMember,
    PlaceFact,
    RoleFact,
    Standings,
    WorklistMember,
)


class RightsEvent(NamedTuple):
    """What of a change of rights a replay reads; `at` is the moment as text, which few of them are asked for."""

    action: str
    at: str
    account_id: int | None
    worklist_id: int | None
    detail: dict[str, Any]


def replay_rights(
    events: Iterable[RightsEvent], places: dict[int, PlaceFact], platform: dict[int, str]
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


def _role(standings: Standings, event: RightsEvent) -> None:
    role, detail = event.detail.get("role_id"), event.detail
    if role is None:
        return
    known = standings.roles.get(role, NO_ROLE)
    ticked = frozenset(detail["ticked"]) if "ticked" in detail else known.ticked
    standings.roles[role] = RoleFact(str(detail.get("role", known.name)), ticked)


def _user(standings: Standings, event: RightsEvent) -> None:
    noted = event.detail.get("active", event.action == Action.USER_REACTIVATE)
    standings.active[event.detail.get("person_id", 0)] = bool(noted)


def _worklist(standings: Standings, event: RightsEvent) -> None:
    if event.worklist_id is None:
        return
    if event.action == Action.WORKLIST_REMOVE:
        standings.places.pop(event.worklist_id, None)
    elif "default_role_id" in event.detail:
        default = event.detail["default_role_id"]
        standings.places[event.worklist_id] = PlaceFact(event.worklist_id, event.account_id, None, default)


def _member(standings: Standings, event: RightsEvent) -> None:
    person, account, detail = event.detail.get("person_id"), event.account_id, event.detail
    if person is None or account is None:
        return
    known = standings.joined.get((person, account))
    if event.action == Action.MEMBER_LEAVE:
        _leave(standings, person, account, inactive=bool(detail.get("inactive")))
    elif known is None and detail.get("role_id") is not None:
        standings.joined[person, account] = AccountMember(
            detail["role_id"],
            detail.get("active", True),
            detail.get("every_worklist", False),
            _since(event),
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


def _worklist_member(standings: Standings, event: RightsEvent) -> None:
    person, worklist = event.detail.get("person_id"), event.worklist_id
    if person is None or worklist is None:
        return
    if event.action == Action.WORKLIST_MEMBER_REMOVE:
        standings.members.pop((person, worklist), None)
    elif "role_id" in event.detail:
        known = standings.members.get((person, worklist))
        since = known.since if known is not None else _since(event)
        standings.members[person, worklist] = WorklistMember(event.detail["role_id"], since)


def _since(event: RightsEvent) -> datetime | None:
    """When a membership began; None where it was noted without that."""
    text = event.detail.get("since", "") if event.action == Action.RIGHTS_NOTE else event.at
    return datetime.fromisoformat(text) if text else None


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
FOLLOW: dict[str, Callable[[Standings, RightsEvent], None]] = {
    "role": _role,
    "user": _user,
    "worklist": _worklist,
    "member": _member,
    "worklist_member": _worklist_member,
}
