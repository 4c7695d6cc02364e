"""Watches which locks a migration holds on the tables, and for how long."""

import threading
import time
from types import TracebackType
from typing import Any, NamedTuple

from tests.plumbing import database

# Those that make somebody wait who only reads or writes rows.
STRONG = ("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")
HELD = """
    SELECT l.pid, l.virtualtransaction, c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
    WHERE l.locktype = 'relation' AND l.granted AND l.mode = ANY(%s) AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND c.relkind = 'r' AND c.relname = ANY(%s)
"""
OFTEN = 0.005


class Held(NamedTuple):
    seconds: float
    table: str
    mode: str


class Watch:
    """While it lasts: every strong lock on a table that was there before, with the time it was seen for."""

    def __init__(self, name: str) -> None:
        self.name, self._seen, self._over = name, dict[tuple[Any, ...], list[float]](), threading.Event()
        with database.owner(name) as owner:
            self.tables = [row[0] for row in owner.execute("SELECT relname FROM pg_stat_user_tables")]

    def __enter__(self) -> "Watch":
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        with database.owner(self.name) as owner:
            while not self._over.wait(OFTEN):
                now = time.monotonic()
                for held in owner.execute(HELD, [list(STRONG), self.tables]):
                    self._seen.setdefault(tuple(held), [now, now])[1] = now

    def longest(self) -> Held:
        found = [Held(last - first, key[2], key[3]) for key, (first, last) in list(self._seen.items())]
        return max(found, default=Held(0.0, "no table", "no lock"))
