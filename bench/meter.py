"""Measures an action: seconds on the wall, milliseconds inside PostgreSQL, and how many statements it took."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

_SPENT = """
SELECT COALESCE(sum(s.total_exec_time + s.total_plan_time), 0)
FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
WHERE d.datname = current_database() AND s.userid = 'cimar_app'::regrole
"""


@dataclass(frozen=True)
class Sample:
    """Milliseconds of each time an action was done, on the wall and in the database.

    `busy` and `database_busy` are processor time, of both and of the database session alone: what it takes on a machine
    that has nothing else to do and the data in memory.
    """

    wall: Sequence[float]
    database: Sequence[float]
    busy: Sequence[float]
    database_busy: Sequence[float]
    statements: int = 0

    @property
    def median(self) -> float:
        return statistics.median(self.wall)

    @property
    def p95(self) -> float:
        return quantile(self.wall, 0.95)

    @property
    def database_median(self) -> float:
        return statistics.median(self.database)

    @property
    def busy_median(self) -> float:
        return statistics.median(self.busy)

    @property
    def database_busy_median(self) -> float:
        return statistics.median(self.database_busy)

    @property
    def database_p95(self) -> float:
        return quantile(self.database, 0.95)


# A process that has just started compiles, imports and plans what later ones have: a page takes twice as long at first,
# and is steady after some thirty. What is promised is what people get all day.
WARM = 40


class Meter:
    """Looks on as a superuser: what PostgreSQL spent, planning and triggers included, is its own count."""

    def __init__(self, watching: psycopg.Connection[Any]) -> None:
        self.watching = watching

    def many(self, action: Callable[[int], Any], times: int) -> Sample:
        """For what takes a millisecond: one after the other, with nobody asking in between what it took inside."""
        for number in range(-WARM, 0):
            action(number)
        self.watching.execute("SELECT pg_stat_statements_reset()")
        wall, spent, ours = [], session(), time.process_time()
        for number in range(times):
            start = time.perf_counter()
            action(number)
            wall.append((time.perf_counter() - start) * 1000)
        inside_busy = (session() - spent) / times
        busy = (time.process_time() - ours) * 1000 / times + inside_busy
        inside = float((self.watching.execute(_SPENT).fetchone() or [0])[0]) / times
        once = self.sample(action, 1, warm=0)
        return Sample(wall, [inside], [busy], [inside_busy], once.statements)

    def sample(self, action: Callable[[int], Any], times: int, *, warm: int = 2) -> Sample:
        """Does it a few times for nothing, then so often; `action` is called with the number of the time."""
        from django.db import connection

        for number in range(-warm, 0):
            action(number)
        wall, inside, busy, inside_busy, numbers = [], [], [], [], []
        for number in range(times):
            self.watching.execute("SELECT pg_stat_statements_reset()")
            statements: list[str] = []

            def note(execute: Any, sql: str, *rest: Any, statements: list[str] = statements) -> Any:
                # Not Django's own log: it writes out all that went into a statement, which takes longer than some.
                statements.append(sql)
                return execute(sql, *rest)

            with connection.execute_wrapper(note):
                spent, ours, start = session(), time.process_time(), time.perf_counter()
                action(number)
                wall.append((time.perf_counter() - start) * 1000)
                inside_busy.append(session() - spent)
                busy.append((time.process_time() - ours) * 1000 + inside_busy[-1])
            inside.append(float((self.watching.execute(_SPENT).fetchone() or [0])[0]))
            numbers.append(len(statements))
        # As it mostly is: once a minute a session is also written.
        return Sample(wall, inside, busy, inside_busy, statistics.mode(numbers))


def session() -> float:
    """Milliseconds of processor time the database session has had; 0 where the system does not tell."""
    from django.db import connection

    connection.ensure_connection()
    schedule = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    return int(schedule.read_text().split()[0]) / 1e6 if schedule.exists() else 0.0


def floor(
    connection: psycopg.Connection[Any], query: str, parameters: Sequence[Any], times: int = 25
) -> float:
    """The median milliseconds of bare SQL through the driver, every row read."""
    took = []
    for _ in range(times + 2):
        start = time.perf_counter()
        connection.execute(query.encode(), parameters).fetchall()
        took.append((time.perf_counter() - start) * 1000)
    return statistics.median(took[2:])


def quantile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]
