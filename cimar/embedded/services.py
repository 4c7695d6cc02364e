"""Starts, shares and stops the private PostgreSQL and Valkey of a profile."""

import contextlib
import fcntl
from collections.abc import Iterator
from typing import IO

from cimar.embedded.places import Places
from cimar.embedded.postgres import Postgres
from cimar.embedded.valkey import Valkey


class Services:
    """Both servers of a profile. Each user of them holds a shared lock; the last user to release it stops them."""

    def __init__(self, profile: str = "dev") -> None:
        self.places = Places(profile)
        self.postgres = Postgres(self.places)
        self.valkey = Valkey(self.places)
        self._held: IO[str] | None = None

    def enter(self) -> None:
        """Start what is not running and keep it running until `leave`, or until this process dies."""
        self.places.make()
        with self._turn():
            self._held = (self.places.home / "users").open("a+")
            fcntl.flock(self._held, fcntl.LOCK_SH)
            self.start()

    def leave(self) -> None:
        """Release the lock, and stop both servers if no one else holds it."""
        if self._held is None:
            return
        with self._turn():
            self._held.close()
            self._held = None
            if not self.in_use():
                self.stop()

    def in_use(self) -> bool:
        with (self.places.home / "users").open("a+") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def held_by(self) -> int:
        """The open lock, for a child that shall hold it too."""
        if self._held is None:
            raise RuntimeError("enter() comes first")
        return self._held.fileno()

    def start(self) -> None:
        self.postgres.start()
        self.valkey.start()

    def keep_up(self) -> None:
        """Start again what died."""
        if not (self.postgres.pid() and self.valkey.pid()):
            with self._turn():
                self.start()

    def stop(self) -> None:
        self.valkey.stop()
        self.postgres.stop()

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Only one process starts or stops the servers at a time."""
        with (self.places.home / "lock").open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
