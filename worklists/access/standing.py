"""Which role counts for a person on a worklist, and why, from rows that were read before: a function without a query.

`Standings` holds the rows; `held` is the rule of the views `worklists_effective_role` and `worklists_role_right` for a
person and a worklist, and a property test compares it with the stored rights. `read` fills it, set-based.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Protocol, TypeVar

from django.db import connection

from accounts.models import AccountMembership, Role, User
from worklists.access.rights import ACCOUNT_CODENAMES, APPROVER_NEEDS
from worklists.models import RoleReplacement, Worklist, WorklistMembership


class OnAWorklist(Protocol):
    """Something that is on a worklist."""

    @property
    def worklist(self) -> int: ...


P = TypeVar("P", bound=OnAWorklist)

PARENT, CHILD = "share_study", "share_study_"


class Why(StrEnum):
    """Why a role counts, or why none does."""

    OWN = "own"
    DEFAULT = "default"
    ACCOUNT = "account"
    EVERY = "every"
    PERSONAL = "personal"
    # None does.
    DEACTIVATED = "deactivated"
    INACTIVE = "inactive"
    NOT_A_MEMBER = "not_a_member"


@dataclass(frozen=True)
class HeldRole:
    """The role by which a person acts on a worklist, and its rights there; without a role, why there is none.

    `since`: when the membership of the worklist, or of the account where that counts, began.
    """

    why: Why
    role_id: int | None = None
    role: str = ""
    rights: frozenset[str] = frozenset()
    since: datetime | None = None
    # Another role is taking this one's place, and the rights are still fewer than the role says.
    is_changing: bool = False

    @property
    def is_member(self) -> bool:
        return self.why not in (Why.INACTIVE, Why.NOT_A_MEMBER)

    @cached_property
    def opens(self) -> bool:
        return {"list_studies", "open_study"} <= self.rights

    @cached_property
    def decides(self) -> bool:
        """Whether the person may open what waits on the worklist for approval."""
        return self.rights.issuperset(APPROVER_NEEDS)


NOT_A_MEMBER = HeldRole(Why.NOT_A_MEMBER)


@dataclass(frozen=True)
class PlaceFact:
    worklist_id: int
    account_id: int | None = None
    owner_id: int | None = None
    default_role_id: int | None = None


# What `read` wants of a worklist.
OF_A_PLACE = ("account", "owner", "default_role")


@dataclass(frozen=True)
class RoleFact:
    """A role with everything that is ticked in it."""

    name: str
    ticked: frozenset[str]

    @cached_property
    def rights(self) -> frozenset[str]:
        """Without the children of an unticked parent, and without what is of an account alone."""
        with_parent = PARENT in self.ticked
        return frozenset(
            codename
            for codename in self.ticked
            if codename not in ACCOUNT_CODENAMES and (with_parent or not codename.startswith(CHILD))
        )


NO_ROLE = RoleFact("", frozenset())


@dataclass(frozen=True)
class AccountMember:
    role_id: int
    active: bool = True
    every_worklist: bool = False
    since: datetime | None = None


@dataclass(frozen=True)
class WorklistMember:
    role_id: int | None = None
    since: datetime | None = None


@dataclass
class Standings:
    """Rows about some people and some worklists, by their keys. `members` are of worklists, `joined` of accounts."""

    active: dict[int, bool] = field(default_factory=dict)
    joined: dict[tuple[int, int], AccountMember] = field(default_factory=dict)
    members: dict[tuple[int, int], WorklistMember] = field(default_factory=dict)
    places: dict[int, PlaceFact] = field(default_factory=dict)
    roles: dict[int, RoleFact] = field(default_factory=dict)
    personal: RoleFact = NO_ROLE
    guest: RoleFact = NO_ROLE
    # While a role is being replaced in an account, what the groups give there: (person, worklist) → rights.
    stored: dict[tuple[int, int], frozenset[str]] = field(default_factory=dict)
    replacing: frozenset[int] = frozenset()
    # By role that is being replaced, the role that takes its place, also in rows that the worker has not reached.
    taken: dict[int, int] = field(default_factory=dict)

    def held(self, person: int, worklist: int) -> HeldRole:
        """The role's own rule; rights of a deactivated person are none, wherever they are a member."""
        held = self._role(person, worklist)
        if not held.is_member or self.active.get(person):
            return held
        return HeldRole(Why.DEACTIVATED, held.role_id, held.role, since=held.since)

    def held_on(self, person: int, places: Iterable[P]) -> Iterator[tuple[P, HeldRole]]:
        """Each of some places on worklists with what the person holds there, as `held` says.

        On all worklists of an account where the person has no membership of their own it is the same; so it is asked
        once for the account.
        """
        alike: dict[int, HeldRole] = {}
        own = self._own_memberships.get(person, ())
        for place in places:
            worklist = place.worklist
            account = self.places[worklist].account_id
            if account is None or account in self.replacing or worklist in own:
                yield place, self.held(person, worklist)
                continue
            if account not in alike:
                alike[account] = self.held(person, worklist)
            yield place, alike[account]

    @cached_property
    def _own_memberships(self) -> dict[int, set[int]]:
        """By person: the worklists with a membership of their own."""
        own: dict[int, set[int]] = defaultdict(set)
        for person, worklist in self.members:
            own[person].add(worklist)
        return own

    def places_of(self, person: int) -> list[int]:
        """The worklists where the person has a membership, or is the owner: on the others `held` says NOT_A_MEMBER."""
        return [worklist for worklist, place in self.places.items() if self._takes_part(person, place)]

    def _takes_part(self, person: int, place: PlaceFact) -> bool:
        if place.account_id is None:
            return place.owner_id == person
        account = self.joined.get((person, place.account_id))
        return account is not None and (account.every_worklist or (person, place.worklist_id) in self.members)

    def _role(self, person: int, worklist: int) -> HeldRole:
        place = self.places[worklist]
        if not self._takes_part(person, place):
            return NOT_A_MEMBER
        if place.account_id is None:
            return HeldRole(Why.PERSONAL, None, self.personal.name, self.personal.rights)
        account, own = self.joined[person, place.account_id], self.members.get((person, worklist))
        if not account.active:
            return HeldRole(Why.INACTIVE)
        if own is None:
            return self._as(Why.EVERY, account.role_id, account.since, person, place)
        if own.role_id is not None:
            return self._as(Why.OWN, own.role_id, own.since, person, place)
        if place.default_role_id is not None:
            return self._as(Why.DEFAULT, place.default_role_id, own.since, person, place)
        return self._as(Why.ACCOUNT, account.role_id, own.since, person, place)

    def _as(self, why: Why, role_id: int, since: datetime | None, person: int, place: PlaceFact) -> HeldRole:
        role_id = self.taken.get(role_id, role_id)
        role = self.roles.get(role_id, NO_ROLE)
        if place.account_id not in self.replacing:
            return HeldRole(why, role_id, role.name, role.rights, since)
        stored = self.stored.get((person, place.worklist_id), frozenset())
        return HeldRole(why, role_id, role.name, stored, since, is_changing=stored != role.rights)


def read(people: Collection[int], worklists: Iterable[Worklist]) -> Standings:
    """Eight statements at most, however many people and worklists."""
    worklists = list(worklists)
    standings = Standings(
        active=dict(User.objects.filter(pk__in=people).values_list("pk", "is_active")),
        places={
            each.pk: PlaceFact(each.pk, each.account_id, each.owner_id, each.default_role_id)
            for each in worklists
        },
    )
    accounts = {each.account_id for each in worklists if each.account_id is not None}
    joined = AccountMembership.objects.filter(user__in=people, account__in=accounts)
    for row in joined:
        standings.joined[row.user_id, row.account_id] = AccountMember(
            row.role_id, row.active, row.every_worklist, row.joined_at
        )
    members = WorklistMembership.objects.filter(user__in=people, worklist__in=standings.places)
    for member in members:
        standings.members[member.user_id, member.worklist_id] = WorklistMember(
            member.role_id, member.joined_at
        )
    running = RoleReplacement.objects.running().filter(account__in=accounts)
    for account, role, other in running.values_list("account", "role", "other"):
        standings.replacing |= {account}
        standings.taken[role] = other
    _read_roles(standings)
    if standings.replacing:
        standings.stored = _stored(people, standings)
    return standings


def _read_roles(standings: Standings) -> None:
    """Those that the rows name, and the platform's own two."""
    ids = {each.role_id for each in standings.joined.values()}
    ids |= {each.role_id for each in standings.members.values() if each.role_id is not None}
    ids |= {each.default_role_id for each in standings.places.values() if each.default_role_id is not None}
    ids |= set(standings.taken.values())
    with connection.cursor() as cursor:
        cursor.execute(_ROLES, [list(ids)])
        for role, key, name, ticked in cursor.fetchall():
            fact = RoleFact(name, frozenset(ticked))
            standings.roles[role] = fact
            if key == Role.Shipped.PERSONAL:
                standings.personal = fact
            elif key == Role.Shipped.GUEST:
                standings.guest = fact


_ROLES = """
    SELECT r.id, r.platform_key, r.name,
           ARRAY(SELECT p.codename::text FROM accounts_role_permissions rp
                 JOIN auth_permission p ON p.id = rp.permission_id WHERE rp.role_id = r.id)
    FROM accounts_role r WHERE r.id = ANY(%s) OR r.platform_key IN ('personal', 'guest')
"""

_STORED = """
    SELECT ug.user_id, wr.worklist_id, array_agg(p.codename::text)
    FROM worklists_worklistrole wr
    JOIN accounts_user_groups ug ON ug.group_id = wr.group_id AND ug.user_id = ANY(%s)
    JOIN worklists_worklistgroupobjectpermission g ON g.group_id = wr.group_id AND g.content_object_id = wr.worklist_id
    JOIN auth_permission p ON p.id = g.permission_id
    WHERE wr.worklist_id = ANY(%s)
    GROUP BY ug.user_id, wr.worklist_id
"""


def _stored(people: Collection[int], standings: Standings) -> dict[tuple[int, int], frozenset[str]]:
    within = [
        place.worklist_id for place in standings.places.values() if place.account_id in standings.replacing
    ]
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [list(people), within])
        return {(person, worklist): frozenset(rights) for person, worklist, rights in cursor.fetchall()}
