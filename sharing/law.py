"""The one law: a placement exists while a path of live shares leads from the study's home to it."""

import heapq
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from studies.models import FOREVER, NO_PATH


class Edge(NamedTuple):
    """An un-ended share of one study, in the form the law takes. `until` is its end date or FOREVER."""

    from_worklist: int
    to_worklist: int
    until: datetime
    approved: bool
    email: bool


class Times(NamedTuple):
    """Until when a placement is visible, internal, and there at all; NO_PATH where no path leads."""

    visible: datetime
    internal: datetime
    exists: datetime


HOME = Times(FOREVER, FOREVER, FOREVER)
NOWHERE = Times(NO_PATH, NO_PATH, NO_PATH)


def settle(home: int, edges: Iterable[Edge]) -> dict[int, Times]:
    """Each reached worklist's times: along a path the earliest end counts, over paths the latest.

    An unapproved share lets its target exist and carries nothing onward; a share by email carries nothing internal.
    """
    edges = list(edges)
    visible = _widest(home, (e for e in edges if e.approved))
    internal = _widest(home, (e for e in edges if e.approved and not e.email))
    exists = dict(visible)
    for edge in edges:
        if not edge.approved and edge.from_worklist in visible:
            until = min(visible[edge.from_worklist], edge.until)
            exists[edge.to_worklist] = max(exists.get(edge.to_worklist, NO_PATH), until)
    return {
        worklist: Times(visible.get(worklist, NO_PATH), internal.get(worklist, NO_PATH), until)
        for worklist, until in exists.items()
    }


def _widest(home: int, edges: Iterable[Edge]) -> dict[int, datetime]:
    """The widest path to each worklist (Dijkstra's order, the latest first), so that a circle keeps nothing alive."""
    onward: dict[int, list[Edge]] = defaultdict(list)
    for edge in edges:
        onward[edge.from_worklist].append(edge)
    settled: dict[int, datetime] = {}
    waiting = [(FOREVER - FOREVER, home, FOREVER)]
    while waiting:
        _, worklist, until = heapq.heappop(waiting)
        if worklist in settled:
            continue
        settled[worklist] = until
        for edge in onward[worklist]:
            if edge.to_worklist not in settled:
                reached = min(until, edge.until)
                heapq.heappush(waiting, (FOREVER - reached, edge.to_worklist, reached))
    return settled
