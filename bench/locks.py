"""Watches what migrations lock, and for how long, while they run on a database of generated data."""

import json
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bench.profile import Profile
from cimar.installation import CHECKOUT

EVERY = 0.02
# What keeps somebody else's writing (or reading) waiting, held on a table of ours.
_HELD = """
SELECT l.pid, c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.granted AND l.locktype = 'relation' AND c.relkind = 'r'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
  AND c.relnamespace = 'public'::regnamespace
"""


class Watch:
    """Looks every 20 ms from a session of its own; `longest` is the seconds one lock was seen without a break."""

    def __init__(self, profile: Profile, database: str) -> None:
        self.longest: dict[str, float] = {}
        self._since: dict[tuple[int, str, str], float] = {}
        self._connection = profile.connect(database, "postgres")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._over.set()
        self._thread.join()
        self._connection.close()

    def _look(self) -> None:
        while not self._over.wait(EVERY):
            now = time.monotonic()
            held = {
                (int(pid), str(table), str(mode))
                for pid, table, mode in self._connection.execute(_HELD.encode())
            }
            self._since = {lock: self._since.get(lock, now) for lock in held}
            for (_, table, mode), since in self._since.items():
                name = f"{mode} on {table}"
                self.longest[name] = max(self.longest.get(name, 0.0), now - since + EVERY)


def waiting(profile: Profile, database: str, python: str) -> list[str]:
    """The migrations this database has not had."""
    plan = subprocess.run(
        [python, "manage.py", "migrate", "--plan"],
        cwd=CHECKOUT,
        env=profile.environment(database),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = (
        line for line in plan.stdout.splitlines() if line and not line.startswith(("Planned", " ", "No "))
    )
    return [line.split()[0] for line in lines if "." in line.split()[0]]


def migrate(profile: Profile, database: str, python: str, say: Callable[[str], None]) -> None:
    """One migration after another, each watched and noted beside the data."""
    noted = read(profile, database)
    for migration in waiting(profile, database, python):
        app, name = migration.split(".")
        began = time.monotonic()
        with Watch(profile, database) as watch:
            subprocess.run(
                [python, "manage.py", "migrate", app, name, "--verbosity", "0"],
                cwd=CHECKOUT,
                env=profile.environment(database),
                check=True,
            )
        longest = max(watch.longest.items(), key=lambda lock: lock[1], default=("no lock", 0.0))
        noted[migration] = round(longest[1], 3)
        say(
            f"{migration}: {time.monotonic() - began:.1f} s, the longest lock {longest[1]:.2f} s ({longest[0]})"
        )
        _file(profile, database).write_text(json.dumps(noted))


def read(profile: Profile, database: str) -> dict[str, float]:
    file = _file(profile, database)
    held: dict[str, float] = json.loads(file.read_text()) if file.exists() else {}
    return held


def _file(profile: Profile, database: str) -> Path:
    return profile.places.home / f"{database}-locks.json"
