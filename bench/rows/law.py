"""How long the law thinks, and for how long migrations have held the big tables."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from bench import budgets, law, locks
from bench.scene import Scene, ms
from bench.table import Row


def rows(scene: Scene) -> Iterator[Row]:
    yield _thought(scene)
    yield _locks(scene)


def _thought(scene: Scene) -> Row:
    from sharing.law import settle

    worst, shape = 0.0, ""
    for name, edges in law.shapes():
        best = min(_seconds(partial(settle, 0, edges)) for _ in range(scene.times(5)))
        if best > worst:
            worst, shape = best, name
    return Row(
        f"the law on {law.SHARES:,} shares of one study, the slowest of ten shapes ({shape})",
        budgets.LAW,
        ms(worst * 1000),
        ok=worst * 1000 <= budgets.LAW.ms,
        key="law",
        number=worst * 1000,
    )


def _seconds(action: Callable[[], object]) -> float:
    begin = time.process_time()
    action()
    return time.process_time() - begin


def _locks(scene: Scene) -> Row:
    noted = locks.read(scene.profile, scene.database)
    what = f"migrations at {scene.database.rpartition('_')[2]} studies"
    if not noted:
        return Row(what, budgets.MIGRATIONS, "none has come since it was loaded", key="migrations")
    worst = max(noted.values(), default=0.0)
    return Row(
        f"{what}: {', '.join(sorted(noted))}",
        budgets.MIGRATIONS,
        f"the longest lock against writers: {worst:.2f} s",
        ok=worst * 1000 <= budgets.MIGRATIONS.ms,
        key="migrations",
        number=worst,
    )
