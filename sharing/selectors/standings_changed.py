"""Who could open what if a role, a membership or a worklist were another: pure, by the rule that explains access.

`Standings.held` is that rule (`worklists.access.standing`). A change is a function from standings to standings.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import NamedTuple

from worklists.access.standing import AccountMember, RoleFact, Standings, WorklistMember

Change = Callable[[Standings], Standings]


def with_role(role: int, fact: RoleFact) -> Change:
    """The role has these permissions."""
    return lambda standings: replace(standings, roles={**standings.roles, role: fact})


def with_account_member(
    person: int, account: int, member: AccountMember | None, roles: dict[int, RoleFact] | None = None
) -> Change:
    """The person is such a member of the account; None removes them from it and from its worklists.

    `roles` are those that the change names and no row does yet.
    """

    def changed(standings: Standings) -> Standings:
        joined, members = dict(standings.joined), dict(standings.members)
        joined.pop((person, account), None)
        if member is not None:
            joined[person, account] = member
        else:
            for place in standings.places.values():
                if place.account_id == account:
                    members.pop((person, place.worklist_id), None)
        return replace(standings, joined=joined, members=members, roles={**(roles or {}), **standings.roles})

    return changed


def with_deactivated(person: int) -> Change:
    """The person is deactivated on the platform."""
    return lambda standings: replace(standings, active={**standings.active, person: False})


def with_worklist_member(
    person: int, worklist: int, member: WorklistMember | None, roles: dict[int, RoleFact] | None = None
) -> Change:
    """The person is such a member of the worklist; None removes them from it."""

    def changed(standings: Standings) -> Standings:
        members = dict(standings.members)
        members.pop((person, worklist), None)
        if member is not None:
            members[person, worklist] = member
        return replace(standings, members=members, roles={**(roles or {}), **standings.roles})

    return changed


def with_default_role(worklist: int, role: int | None, roles: dict[int, RoleFact] | None = None) -> Change:
    """The worklist has this default role."""

    def changed(standings: Standings) -> Standings:
        place = replace(standings.places[worklist], default_role_id=role)
        places = {**standings.places, worklist: place}
        return replace(standings, places=places, roles={**(roles or {}), **standings.roles})

    return changed


class Openable(NamedTuple):
    """The worklists on which a person may open studies, and those on which they may open what waits for approval."""

    visible: frozenset[int]
    waiting: frozenset[int]


class Reach(NamedTuple):
    """What a person may open where, before a change and after it."""

    person: int
    before: Openable
    after: Openable


def reaches(before: Standings, after: Standings, people: Collection[int]) -> Iterator[Reach]:
    for person in people:
        yield Reach(person, _openable(before, person), _openable(after, person))


def _openable(standings: Standings, person: int) -> Openable:
    held = {worklist: standings.held(person, worklist) for worklist in standings.places_of(person)}
    return Openable(
        frozenset(worklist for worklist, role in held.items() if role.opens),
        frozenset(worklist for worklist, role in held.items() if role.decides),
    )
