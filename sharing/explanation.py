"""Who can open a study, why, and why not: a pure function of facts that were read before.

`explain` answers for a person, `explain_link` for a guest link. A person can open the study where it is visible on a
worklist on which their role may list studies and open images; and where it waits for approval, if they may approve it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from sharing import law
from sharing.law import Edge, Times
from sharing.models.guest_link import State, state_of
from studies.models import FOREVER
from worklists.access import GUEST_LINK_NEEDS
from worklists.access.standing import HeldRole, Standings, Why

EMAIL = "email"


@dataclass(frozen=True)
class ShareFact:
    """A share, un-ended or ended; `until` is its end date or FOREVER, `email` the one that it was shared by."""

    uuid: UUID
    source: int
    target: int | None
    method: str
    by: int
    since: datetime
    until: datetime = FOREVER
    approved: bool = True
    ended_at: datetime | None = None
    end_reason: str = ""
    email: str = ""


@dataclass(frozen=True)
class LinkFact:
    """A guest link that names the study; `same`: the placement is the row that it was made for."""

    uuid: UUID
    worklist: int
    made_by: int
    made_at: datetime
    expires_at: datetime
    same: bool
    ended_at: datetime | None = None
    end_reason: str = ""
    locked: bool = False
    used_up: bool = False


@dataclass
class Facts:
    """What is known of one study at a moment: its shares, and the roles and memberships of some people.

    `ended` are shares that no longer count; they only explain why someone cannot open the study.
    """

    now: datetime
    home: int
    shares: Sequence[ShareFact]
    standings: Standings
    arrived_at: datetime
    deleted_at: datetime | None = None
    ended: Sequence[ShareFact] = ()
    links: dict[UUID, LinkFact] = field(default_factory=dict)

    @cached_property
    def times(self) -> dict[int, Times]:
        edges = [
            Edge(each.source, each.target, each.until, each.approved, each.method == EMAIL)
            for each in self.shares
            if each.target is not None
        ]
        return law.settle(self.home, edges) if self.deleted_at is None else {}

    def visible(self, worklist: int) -> bool:
        return self.times.get(worklist, law.NOWHERE).visible > self.now

    def awaiting(self, worklist: int) -> bool:
        times = self.times.get(worklist, law.NOWHERE)
        return times.exists > self.now >= times.visible

    @cached_property
    def open_places(self) -> "dict[int, OpenPlace]":
        """By worklist where the study is visible, or waits for approval: in the order of a person's ways."""
        places = [_open_place(self, worklist) for worklist in self.times if self._is_there(worklist)]
        # The original's own worklist first, then by how long, then by the fewest shares; what waits comes last.
        places.sort(key=lambda each: (each.for_approval, FOREVER - each.until, len(each.path), each.worklist))
        return {each.worklist: each for each in places}

    def _is_there(self, worklist: int) -> bool:
        is_known = worklist in self.standings.places
        return is_known and (self.visible(worklist) or self.awaiting(worklist))

    @cached_property
    def last(self) -> dict[int, ShareFact]:
        """For each worklist but home where the study is visible: the last share of the path that lasts longest."""
        onward: dict[int, list[ShareFact]] = defaultdict(list)
        for share in self.shares:
            if share.approved:
                onward[share.source].append(share)
        last: dict[int, ShareFact] = {}
        waiting = [self.home]
        for source in waiting:
            for share in onward[source]:
                target = share.target
                if target is None or target == self.home or target in last or not self.visible(target):
                    continue
                # By the fewest shares among those paths that give the worklist its end.
                if min(self.times[source].visible, share.until) == self.times[target].visible:
                    last[target] = share
                    waiting.append(target)
        return last

    @cached_property
    def _paths(self) -> dict[int, tuple[ShareFact, ...]]:
        return {}

    def path(self, worklist: int) -> tuple[ShareFact, ...]:
        """The shares from home to a worklist where the study is visible, or waits for approval."""
        if worklist not in self._paths:
            shares, source = [], worklist
            if self.awaiting(worklist):
                shares.append(self._waiting_longest(worklist))
                source = shares[0].source
            while (share := self.last.get(source)) is not None:
                shares.append(share)
                source = share.source
            self._paths[worklist] = tuple(reversed(shares))
        return self._paths[worklist]

    def _waiting_longest(self, worklist: int) -> ShareFact:
        """Of the shares that wait there for approval, the first that gives the worklist its end."""
        return next(
            share
            for share in self.shares
            if share.target == worklist
            and not share.approved
            and self.visible(share.source)
            and min(self.times[share.source].visible, share.until) == self.times[worklist].exists
        )


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """A worklist where whoever has the right can open the study; `for_approval`: it waits there."""

    worklist: int
    path: tuple[ShareFact, ...]
    since: datetime
    until: datetime
    external: bool
    for_approval: bool

    def way(self, held: HeldRole) -> "Way":
        since = self.since if held.since is None else max(self.since, held.since)
        return Way(self.worklist, held, self.path, since, self.until, self.external, self.for_approval)


class Way(NamedTuple):
    """A worklist where the person can open the study: by which role, and by which shares it is there.

    `for_approval`: it waits there, and the person opens it to decide.
    """

    worklist: int
    held: HeldRole
    path: tuple[ShareFact, ...]
    since: datetime
    until: datetime
    external: bool
    for_approval: bool = False

    @property
    def granted_by(self) -> int | None:
        """Who made the last share; no one at the original's worklist."""
        return self.path[-1].by if self.path else None


class Obstacle(StrEnum):
    """Why a person cannot open the study on a worklist, or at all. Of several reasons the first is shown."""

    DELETED = "deleted"
    DEACTIVATED = "deactivated"
    INACTIVE = "inactive"
    MAY_NOT_LIST = "may_not_list"
    MAY_NOT_OPEN = "may_not_open"
    CHANGING = "changing"
    WAITING = "waiting"
    ENDED = "ended"
    EXPIRED = "expired"
    CUT_OFF = "cut_off"
    NOT_A_MEMBER = "not_a_member"
    # Of a guest link.
    LINK_OVER = "link_over"
    LINK_MAKER = "link_maker"
    LINK_ROLE = "link_role"


ORDER = {obstacle: number for number, obstacle in enumerate(Obstacle)}


@dataclass(frozen=True)
class Reason:
    """An obstacle with what its sentence names: the worklist, the role, the share, the moment."""

    obstacle: Obstacle
    worklist: int | None = None
    role: str = ""
    share: ShareFact | None = None
    at: datetime | None = None
    state: State | None = None


@dataclass(frozen=True)
class Explanation:
    """Whether a person can open the study: the ways by which they can, else the reasons why not, the main one first."""

    ways: tuple[Way, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def opens(self) -> bool:
        return bool(self.ways)


def explain(facts: Facts, person: int) -> Explanation:
    """The ways of a person who can open the study, the longest-lasting first; else every reason why they cannot."""
    if facts.deleted_at is not None:
        return Explanation(reasons=(Reason(Obstacle.DELETED, at=facts.deleted_at),))
    ways = []
    for worklist, role in facts.standings.held_on(person, facts.open_places):
        place = facts.open_places[worklist]
        if role.decides if place.for_approval else role.opens:
            ways.append(place.way(role))
    if ways:
        return Explanation(ways=tuple(ways))
    theirs = facts.standings.places_of(person)
    held = {worklist: facts.standings.held(person, worklist) for worklist in theirs}
    reasons = [reason for worklist, role in held.items() for reason in _reasons(facts, worklist, role)]
    if facts.standings.active.get(person) is False:
        reasons.insert(0, Reason(Obstacle.DEACTIVATED))
    if not reasons:
        reasons = [Reason(Obstacle.NOT_A_MEMBER)]
    return Explanation(reasons=tuple(sorted(reasons, key=lambda reason: ORDER[reason.obstacle])))


def explain_link(facts: Facts, link: LinkFact) -> Explanation:
    """The same for the holder of a guest link; a visit that began with a used-up link still opens the study."""
    held = facts.standings.held(link.made_by, link.worklist)
    state = link_state(facts, link)
    if facts.deleted_at is None and state.lets_visits_go_on and "open_study" in facts.standings.guest.rights:
        way = _open_place(facts, link.worklist).way(held)
        ends, began = min(way.until, link.expires_at), max(way.since, link.made_at)
        return Explanation(ways=(Way(way.worklist, held, way.path, began, ends, way.external),))
    if facts.deleted_at is not None:
        return Explanation(reasons=(Reason(Obstacle.DELETED, at=facts.deleted_at),))
    if state is State.NO_RIGHT:
        return Explanation(reasons=(Reason(Obstacle.LINK_MAKER, link.worklist, held.role),))
    if state.lets_visits_go_on:
        return Explanation(reasons=(Reason(Obstacle.LINK_ROLE, link.worklist, facts.standings.guest.name),))
    at = link.ended_at if state is State.ENDED else link.expires_at if state is State.EXPIRED else None
    return Explanation(reasons=(Reason(Obstacle.LINK_OVER, link.worklist, at=at, state=state),))


def link_state(facts: Facts, link: LinkFact) -> State:
    return state_of(
        ended=link.ended_at is not None,
        expired=link.expires_at <= facts.now,
        on_worklist=link.same and facts.visible(link.worklist),
        maker_may=facts.standings.held(link.made_by, link.worklist).rights.issuperset(GUEST_LINK_NEEDS),
        locked=link.locked,
        used_up=link.used_up,
    )


def opens_at(facts: Facts, worklist: int, held: HeldRole) -> bool:
    """Whether someone with this role on the worklist can open the study there."""
    return (held.opens and facts.visible(worklist)) or (held.decides and facts.awaiting(worklist))


def _open_place(facts: Facts, worklist: int) -> OpenPlace:
    path, times = facts.path(worklist), facts.times[worklist]
    since = path[-1].since if path else facts.arrived_at
    if facts.awaiting(worklist):
        external = path[-1].method == EMAIL or facts.times[path[-1].source].internal <= facts.now
        return OpenPlace(worklist, path, since, times.exists, external, for_approval=True)
    external = times.internal <= facts.now
    return OpenPlace(worklist, path, since, times.visible, external, for_approval=False)


def _reasons(facts: Facts, worklist: int, held: HeldRole) -> Iterable[Reason]:
    """Why this worklist does not let the person open the study; nothing where they have no part in it."""
    if held.why in (Why.NOT_A_MEMBER, Why.DEACTIVATED):
        return
    if facts.visible(worklist):
        yield from _reasons_of_role(worklist, held)
    elif held.why is not Why.INACTIVE:
        yield from _reasons_of_shares(facts, worklist)


def _reasons_of_role(worklist: int, held: HeldRole) -> Iterable[Reason]:
    if held.why is Why.INACTIVE:
        yield Reason(Obstacle.INACTIVE, worklist)
    elif held.is_changing:
        yield Reason(Obstacle.CHANGING, worklist, held.role)
    elif "list_studies" not in held.rights:
        yield Reason(Obstacle.MAY_NOT_LIST, worklist, held.role)
    elif "open_study" not in held.rights:
        yield Reason(Obstacle.MAY_NOT_OPEN, worklist, held.role)


def _reasons_of_shares(facts: Facts, worklist: int) -> Iterable[Reason]:
    """A share that waits, or the last that ended: by its end date, by someone, or with a share before it."""
    here = [share for share in facts.shares if share.target == worklist]
    for share in here:
        if not share.approved and share.until > facts.now and facts.visible(share.source):
            yield Reason(Obstacle.WAITING, worklist, share=share, at=share.since)
            return
    for share in sorted(here, key=lambda share: share.since, reverse=True):
        if share.until <= facts.now:
            yield Reason(Obstacle.EXPIRED, worklist, share=share, at=share.until)
        else:
            yield Reason(Obstacle.CUT_OFF, worklist, share=share)
        return
    gone = [share for share in facts.ended if share.target == worklist and share.ended_at is not None]
    if gone:
        latest = max(gone, key=lambda share: share.ended_at or share.since)
        yield Reason(Obstacle.ENDED, worklist, share=latest, at=latest.ended_at)
