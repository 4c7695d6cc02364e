"""The law said a second time, by enumeration: every simple path is walked, nothing is clever."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Grant:
    """A share as the model keeps it; `to` is empty for a promise."""

    source: int
    to: int | None
    until: datetime
    approved: bool
    email: bool
    dead: bool = False


def paths(home: int, goal: int, grants: Collection[Grant]) -> Iterator[list[Grant]]:
    """Every path from home to the goal that visits no worklist twice."""
    onward: dict[int, list[Grant]] = defaultdict(list)
    for grant in grants:
        if grant.to is not None:
            onward[grant.source].append(grant)

    def walk(at: int, been: frozenset[int], so_far: list[Grant]) -> Iterator[list[Grant]]:
        if at == goal:
            yield so_far
            return
        for grant in onward[at]:
            if grant.to not in been:
                yield from walk(grant.to, been | {grant.to}, [*so_far, grant])

    yield from walk(home, frozenset([home]), [])


def latest(home: int, goal: int, grants: Iterable[Grant]) -> datetime:
    """Over all paths the latest of what each path's earliest end gives."""
    return max(
        (min((grant.until for grant in path), default=FOREVER) for path in paths(home, goal, list(grants))),
        default=NEVER,
    )


def times(home: int, goal: int, grants: Collection[Grant]) -> tuple[datetime, datetime, datetime]:
    """Until when the goal is visible, internal, and there at all."""
    living = [grant for grant in grants if not grant.dead]
    approved = [grant for grant in living if grant.approved]
    visible = latest(home, goal, approved)
    internal = latest(home, goal, [grant for grant in approved if not grant.email])
    waiting = (
        min(grant.until, latest(home, grant.source, approved))
        for grant in living
        if not grant.approved and grant.to == goal
    )
    return visible, internal, max([visible, *waiting])


def let_die(home: int, grants: Collection[Grant], now: datetime) -> int:
    """Mark what is no longer live; how many died."""
    died = 0
    approved = [grant for grant in grants if grant.approved and not grant.dead]
    for grant in [grant for grant in grants if not grant.dead]:
        if grant.until <= now or latest(home, grant.source, approved) <= now:
            grant.dead = True
            died += 1
    return died


def has_circle(grants: Collection[Grant]) -> bool:
    """Whether some living grant leads back to where it came from."""
    living = [grant for grant in grants if not grant.dead and grant.to is not None]
    return any(grant.to is not None and any(paths(grant.to, grant.source, living)) for grant in living)
