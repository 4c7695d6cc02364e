"""What decides whether people can open a study, read before and as of one moment: shares, roles, memberships, links."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from sharing import law
from sharing.law import Edge, Times
from studies.models import FOREVER
from worklists.access.standing import HeldRole, Standings

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
    def open_places(self) -> "list[OpenPlace]":
        """Where the study is visible, or waits for approval: in the order of a person's ways."""
        places = [self.open_place(worklist) for worklist in self.times if self._is_there(worklist)]
        # The original's own worklist first, then by how long, then by the fewest shares; what waits comes last.
        places.sort(key=lambda each: (each.for_approval, FOREVER - each.until, len(each.path), each.worklist))
        return places

    def open_place(self, worklist: int) -> "OpenPlace":
        """As whoever has the right opens it there; raises KeyError where the study is not."""
        path, times = self.path(worklist), self.times[worklist]
        since = path[-1].since if path else self.arrived_at
        if self.awaiting(worklist):
            external = path[-1].method == EMAIL or self.times[path[-1].source].internal <= self.now
            return OpenPlace(worklist, path, since, times.exists, external, for_approval=True)
        external = times.internal <= self.now
        return OpenPlace(worklist, path, since, times.visible, external, for_approval=False)

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
