"""Who can see a study, why, since when, until when, granted by whom: as far as one reader may know it.

At home a reader knows every worklist the study reached inside; from a shared worklist, the path up to home and what
descends from there. A target reached by email is known as the address that was used, and what goes on beyond it as a
number; so are worklists of organisations the reader has nothing to do with.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from accounts.models import Invitation, User
from sharing import graph
from sharing.graph import Graph
from sharing.models import Method, Share
from sharing.selectors.directory import accounts_of
from sharing.selectors.invitations import invitations_of
from sharing.selectors.shares import worklist_ids
from studies.models import FOREVER, Placement
from worklists.models import Worklist

# As many members of one worklist, and as many worklists, as a page can be read with.
MOST_MEMBERS = 100
MOST_PLACES = 300


@dataclass(frozen=True)
class Grant:
    """One live share: who granted it, when, until when, and the path from home (or from here) through it."""

    share: Share
    by: str
    path: list[dict[str, Any]]
    may_end: bool
    target: str = ""

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.share.expires_at)


@dataclass(frozen=True)
class Promise:
    """A share that waits for the person at an address to register."""

    grant: Grant
    address: str
    invitation: Invitation
    expired: bool
    mine: bool


@dataclass(frozen=True)
class Role:
    name: str
    people: list[str]


@dataclass(frozen=True)
class Place:
    """A worklist the study is on, or an address it was shared to; `roles` where its members are the reader's to know."""

    name: str
    kind: str
    account: str
    is_home: bool
    is_here: bool
    external: bool
    until: datetime | None
    roles: list[Role]
    members: int
    hidden_members: int
    grants: list[Grant]

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.until)


@dataclass
class Access:
    """`places` begin with home or here; `elsewhere` counts worklists of other organisations, `beyond` onward shares."""

    places: list[Place] = field(default_factory=list)
    waiting: list[Grant] = field(default_factory=list)
    promises: list[Promise] = field(default_factory=list)
    elsewhere: int = 0
    beyond: int = 0
    more: int = 0


def last_moment(until: datetime | None) -> datetime | None:
    """An end is the first moment after the last day; people are told the day."""
    return until - timedelta(microseconds=1) if until is not None else None


def who_has_access(placement: Placement, by: User, now: datetime) -> Access:
    """A dozen statements, however many shares there are."""
    return _Reading(placement, by, now).access()


class _Reading:
    """One study as one reader may know it."""

    def __init__(self, placement: Placement, by: User, now: datetime) -> None:
        self.by, self.now = by, now
        self.graph: Graph = graph.load([placement.study_id])[placement.study_id]
        self.live = [share for share in self.graph.shares if self.graph.is_live(share, now)]
        self.home, self.start = self.graph.study.home_id, placement.worklist_id
        self.accounts = accounts_of(by)
        ids = {self.home, self.start} | {share.from_worklist_id for share in self.live}
        ids |= {share.to_worklist_id for share in self.live if share.to_worklist_id is not None}
        self.worklists = Worklist.objects.select_related("account", "owner").in_bulk(ids)
        # Inside home's own account an inner placement knows what home knows.
        own = self.worklists[self.start].account_id
        inside = own is not None and own == self.worklists[self.home].account_id
        self.knows_all = placement.is_home or (inside and placement.internal_until > now)
        self.people = dict(
            User.objects.filter(pk__in={share.shared_by_id for share in self.live}).values_list("pk", "name")
        )
        invitations = {share.invitation_id for share in self.live if share.invitation_id is not None}
        self.invitations = Invitation.objects.in_bulk(invitations) if invitations else {}
        self.mine = (
            set(invitations_of(by).filter(pk__in=invitations).values_list("pk", flat=True))
            if invitations
            else set()
        )
        self.may_share, self.may_list = worklist_ids(by, "share_study"), worklist_ids(by, "list_studies")
        self.colleagues = self._colleagues()
        self.onward: dict[int, list[Share]] = defaultdict(list)
        for share in self.live:
            self.onward[share.from_worklist_id].append(share)
        self.emailed = {share.to_worklist_id: share for share in self.live if share.method == Method.EMAIL}
        # Who shares something with you lets you know from where.
        self.givers = {share.from_worklist_id for share in self.live if share.to_worklist_id == self.start}

    # What may be known

    def _colleagues(self) -> set[int]:
        """Of the people shared to by email, those whose name the reader's own directory holds anyway."""
        owners = {
            self.worklists[share.to_worklist_id].owner_id
            for share in self.live
            if share.method == Method.EMAIL and share.to_worklist_id is not None
        }
        if not owners:
            return set()
        members = User.objects.filter(
            pk__in=owners, account_memberships__active=True, account_memberships__account__in=self.accounts
        )
        return set(members.values_list("pk", flat=True))

    def _near(self, worklist: Worklist) -> bool:
        """The reader's own, or of an account the reader belongs to."""
        return worklist.owner_id == self.by.pk or worklist.account_id in self.accounts

    def _named(self, share: Share) -> bool:
        """Whether the target of a share from a known worklist is the reader's to know by name."""
        target = self.worklists[share.to_worklist_id]  # type: ignore[index]
        source = self.worklists[share.from_worklist_id]
        return self.knows_all or self._near(target) or self._near(source)

    def _sort_out(self) -> tuple[dict[int, str], int, int]:
        """Each worklist known from the start: "inside", "address" or "hidden"; and what is only counted."""
        known = {self.start: "inside"}
        waiting = [self.start]
        while waiting:
            for share in self._approved(waiting.pop()):
                target = share.to_worklist_id
                if share.method != Method.EMAIL and known.get(target) != "inside" and self._named(share):
                    known[target] = "inside"
                    waiting.append(target)
        hidden: set[int] = set()
        beyond: set[int] = set()
        for source in [worklist for worklist, how in known.items() if how == "inside"]:
            for share in self._approved(source):
                target = share.to_worklist_id
                if target not in known:
                    if share.method == Method.EMAIL:
                        known[target] = "address"
                    else:
                        hidden.add(target)
        hidden -= known.keys()
        hidden = self._reached(hidden, known)
        addressed = {worklist for worklist, how in known.items() if how == "address"}
        for source in self._reached(
            addressed, {worklist: how for worklist, how in known.items() if how != "address"}
        ):
            beyond |= {share.pk for share in self.onward[source]}
        return known, len(hidden - addressed), len(beyond)

    def _approved(self, source: int) -> list[Share]:
        return [
            share
            for share in self.onward[source]
            if share.to_worklist_id is not None and share.approved_at is not None
        ]

    def _reached(self, starts: Collection[int], but: Collection[int]) -> set[int]:
        """The starts and what they lead on to, leaving out what is known otherwise."""
        found, waiting = set(starts), list(starts)
        while waiting:
            for share in self._approved(waiting.pop()):
                target = share.to_worklist_id
                if target not in found and target not in but:
                    found.add(target)  # type: ignore[arg-type]
                    waiting.append(target)  # type: ignore[arg-type]
        return found

    # What is said

    def access(self) -> Access:
        known, elsewhere, beyond = self._sort_out()
        inside = {worklist for worklist, how in known.items() if how == "inside"}
        up, down = self._ways(self.home, None), self._ways(self.start, inside)
        grants: dict[int, list[Grant]] = defaultdict(list)
        found = Access(elsewhere=elsewhere, beyond=beyond)
        for share in self.live:
            source, target = share.from_worklist_id, share.to_worklist_id
            if target == self.start and source not in inside and share.approved_at is not None:
                grants[target].append(self._grant(share, up, self.home))
            elif source not in inside:
                continue
            elif target is None:
                found.promises.append(self._promise(share, down))
            elif share.approved_at is None:
                if share.method == Method.EMAIL or self._named(share):
                    found.waiting.append(self._grant(share, down, self.start))
            elif target in known:
                # Of shares back to where one stands, only what keeps it there is of interest: the way down begins here.
                way = (up, self.home) if target == self.start else (down, self.start)
                grants[target].append(self._grant(share, *way))
        members = self._members([pk for pk in inside if self._near(self.worklists[pk])])
        order = sorted(
            known,
            key=lambda pk: (
                pk != self.start,
                known[pk] != "inside",
                self._name(pk, known[pk]).casefold(),
                pk,
            ),
        )
        found.more = max(0, len(order) - MOST_PLACES)
        found.places = [self._place(pk, known[pk], grants[pk], members) for pk in order[:MOST_PLACES]]
        return found

    def _ways(self, start: int, within: Collection[int] | None) -> dict[int, Share | None]:
        """From each worklist one share back towards the start, the fewest steps first."""
        came: dict[int, Share | None] = {start: None}
        waiting = [start]
        for source in waiting:
            for share in self._approved(source):
                target = share.to_worklist_id
                if target not in came and (within is None or target in within):
                    came[target] = share  # type: ignore[index]
                    waiting.append(target)  # type: ignore[arg-type]
        return came

    def _grant(self, share: Share, ways: dict[int, Share | None], start: int) -> Grant:
        chain, at = [share], share.from_worklist_id
        while (before := ways.get(at)) is not None:
            chain.append(before)
            at = before.from_worklist_id
        chain.reverse()
        path = [self._step(start)]
        for each in chain:
            path.append(self._share_step(each))
            path.append(self._target_step(each))
        ends = {share.from_worklist_id, self.home}
        seen = ends | {share.to_worklist_id}
        may_end = bool(ends & self.may_share) and bool(seen & self.may_list)
        return Grant(share, self._by(share), path, may_end, path[-1]["label"])

    def _step(self, pk: int) -> dict[str, Any]:
        worklist = self.worklists[pk]
        kind = "home" if pk == self.home else "person" if worklist.is_personal else "worklist"
        if self.knows_all or pk == self.start or self._near(worklist) or pk in self.givers:
            return {"kind": kind, "label": worklist.label, "detail": self._account(worklist)}
        if worklist.account is not None:
            return {"kind": kind, "label": f"a worklist of {worklist.account.name}"}
        return {"kind": kind, "label": "a personal worklist"}

    def _target_step(self, share: Share) -> dict[str, Any]:
        source = self.worklists[share.from_worklist_id]
        if share.method == Method.EMAIL and share.to_worklist_id not in self.givers | {self.start}:
            known = self.knows_all or share.from_worklist_id == self.start or self._near(source)
            return {
                "kind": "person",
                "label": self._address(share) if known else "somebody",
                "external": True,
            }
        step = self._step(share.to_worklist_id)  # type: ignore[arg-type]
        if share.to_worklist_id != self.start and self._named(share):
            worklist = self.worklists[share.to_worklist_id]  # type: ignore[index]
            step |= {"label": worklist.label, "detail": self._account(worklist)}
        return {**step, "external": share.method == Method.EMAIL}

    def _share_step(self, share: Share) -> dict[str, Any]:
        return {
            "kind": "share",
            "label": f"by {self._by(share)}",
            "detail": Method(share.method).label.lower(),
        }

    def _by(self, share: Share) -> str:
        source = self.worklists[share.from_worklist_id]
        near = self.knows_all or share.from_worklist_id == self.start or self._near(source)
        if near or share.to_worklist_id == self.start:
            return self.people[share.shared_by_id]
        return f"somebody at {source.account.name}" if source.account is not None else "somebody"

    def _address(self, share: Share) -> str:
        """The address that was used, or the name where the reader's own directory has it."""
        worklist = self.worklists.get(share.to_worklist_id) if share.to_worklist_id is not None else None
        if worklist is not None and worklist.owner is not None:
            if worklist.owner_id in self.colleagues or worklist.owner_id == self.by.pk:
                return worklist.owner.name
            if share.invitation_id is None:
                return worklist.owner.email
        return self.invitations[share.invitation_id].address  # type: ignore[index]

    def _name(self, pk: int, how: str) -> str:
        if how == "inside":
            return self.worklists[pk].label
        return self._address(self.emailed[pk])

    @staticmethod
    def _account(worklist: Worklist) -> str:
        return worklist.account.name if worklist.account is not None else ""

    def _promise(self, share: Share, ways: dict[int, Share | None]) -> Promise:
        invitation = self.invitations[share.invitation_id]  # type: ignore[index]
        grant = self._grant(share, ways, self.start)
        return Promise(
            grant,
            invitation.address,
            invitation,
            invitation.expires_at <= self.now,
            invitation.pk in self.mine,
        )

    def _place(
        self, pk: int, how: str, grants: list[Grant], members: dict[int, tuple[list[Role], int]]
    ) -> Place:
        worklist, times = self.worklists[pk], self.graph.at(pk)
        roles, number = members.get(pk, ([], 0))
        shown = sum(len(role.people) for role in roles)
        external = how == "address" or times.internal <= self.now
        return Place(
            name=self._name(pk, how),
            kind="address" if how == "address" else worklist.kind,
            account=self._account(worklist) if how == "inside" else "",
            is_home=pk == self.home,
            is_here=pk == self.start,
            external=external,
            until=times.visible if times.visible < FOREVER else None,
            roles=roles,
            members=number,
            hidden_members=number - shown,
            grants=grants,
        )

    @staticmethod
    def _members(worklists: Collection[int]) -> dict[int, tuple[list[Role], int]]:
        """Who may list the studies of these worklists, by role: one statement, a hundred people a worklist."""
        if not worklists:
            return {}
        found: dict[int, tuple[list[Role], int]] = {}
        with connection.cursor() as cursor:
            cursor.execute(_MEMBERS, [list(worklists), MOST_MEMBERS])
            for worklist, number, role, person in cursor.fetchall():
                roles, _ = found.setdefault(worklist, ([], number))
                if not roles or roles[-1].name != role:
                    roles.append(Role(role, []))
                roles[-1].people.append(person)
        return found


_MEMBERS = """
    SELECT worklist_id, number, role, person FROM (
        SELECT er.worklist_id, r.name AS role, u.name AS person, u.id,
               count(*) OVER (PARTITION BY er.worklist_id) AS number,
               row_number() OVER (PARTITION BY er.worklist_id ORDER BY r.name, r.id, u.name, u.id) AS turn
        FROM worklists_effective_role er
        JOIN accounts_user u ON u.id = er.user_id AND u.is_active
        JOIN accounts_role r ON r.id = er.role_id
        WHERE er.worklist_id = ANY(%s) AND EXISTS (
            SELECT FROM worklists_role_right rr WHERE rr.role_id = er.role_id AND rr.codename = 'list_studies')) members
    WHERE turn <= %s
    ORDER BY worklist_id, turn
"""
