"""10,000 shares of one study, in every shape that once was slow."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

SHARES = 10_000
START = datetime(2026, 11, 24, tzinfo=UTC)


def shapes() -> Iterator[tuple[str, list]]:
    yield "a star", [edge(0, n) for n in range(1, SHARES + 1)]
    yield "a chain", [edge(n - 1, n) for n in range(1, SHARES + 1)]
    yield "a chain whose ends come ever earlier", [edge(n - 1, n, SHARES - n) for n in range(1, SHARES + 1)]
    yield "a tree, ten from each", [edge((n - 1) // 10, n) for n in range(1, SHARES + 1)]
    yield "a circle", [edge(n - 1, n % SHARES) for n in range(1, SHARES + 1)]
    everybody = [(a, b) for a in range(100) for b in range(1, 101) if a != b]
    yield "everybody to everybody", [edge(a, b) for a, b in everybody]
    yield "everybody to everybody, every end different", [edge(a, b, n) for n, (a, b) in enumerate(everybody)]
    yield "the same, the latest last", [edge(a, b, n) for n, (a, b) in enumerate(reversed(everybody))]
    chance = random.Random(1)
    some = [(chance.randrange(2000), chance.randrange(1, 2000)) for _ in range(SHARES)]
    yield (
        "at random, with emails and approvals waiting",
        [
            edge(a, b, chance.randrange(500), approved=chance.random() > 0.1, email=chance.random() < 0.2)
            for a, b in some
            if a != b
        ],
    )
    yield "ten thousand to one worklist", [edge(0, 1, n) for n in range(SHARES)]


def edge(a: int, b: int, days: int | None = None, *, approved: bool = True, email: bool = False) -> object:
    from sharing.law import Edge
    from studies.models import FOREVER

    return Edge(a, b, FOREVER if days is None else START + timedelta(days=days + 1), approved, email)
