"""What both servers have in common: an own session, a clean environment, a log."""

import os
import signal
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path

from cimar.embedded import processes
from cimar.embedded.places import Places, as_server_user, server_user
from cimar.installation import Problem

Command = list[str | Path]
LOG_LIMIT = 5_000_000
START_PATIENCE = 60


class Server(ABC):
    """One server of one profile."""

    name: str
    gentle: signal.Signals  # stops it with everything kept
    hard: signal.Signals  # stops it at once
    stop_patience: float

    def __init__(self, places: Places) -> None:
        self.places = places

    @property
    def data(self) -> Path:
        return self.places.servers_home() / self.name

    @property
    def log(self) -> Path:
        return self.places.log / f"{self.name}.log"

    @abstractmethod
    def pid(self) -> int:
        """The id of the living server, or 0."""

    @abstractmethod
    def answers(self) -> bool:
        """Ready to serve."""

    @abstractmethod
    def command(self) -> Command:
        """What starts it."""

    def start(self) -> None:
        if self.answers() or not self.make_way():
            return
        process = self._spawn(self.command())
        if not processes.wait(lambda: process.poll() is not None or self.answers(), START_PATIENCE):
            raise Problem(f"{self.name} does not answer. Its log: {self.log}")
        if process.poll() is not None:
            raise Problem(f"{self.name} stopped as it started. Its log: {self.log}")

    def make_way(self) -> bool:
        """Put away what an earlier server left when it was killed; false if that one turns out to serve."""
        return True

    def stop(self) -> None:
        if not (pid := self.pid()):
            return
        processes.send([pid], self.gentle)
        if not processes.wait(lambda: not processes.alive(pid), self.stop_patience):
            processes.send([pid], self.hard)
            processes.wait(lambda: not processes.alive(pid), 10)

    def _spawn(self, command: Command) -> subprocess.Popen[bytes]:
        """A session of its own: Ctrl-C in the terminal reaches only the one who started us."""
        mode = "wb" if self.log.exists() and self.log.stat().st_size > LOG_LIMIT else "ab"
        with self.log.open(mode) as log:
            return subprocess.Popen(
                command,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **as_server_user(),
            )


def environment() -> dict[str, str]:
    """The servers inherit nothing of the caller's: no PG variables, no language, no secrets."""
    path = os.environ.get("PATH", os.defpath)
    return {"PATH": path, "LC_ALL": "C", "TZ": "UTC", "HOME": server_user().pw_dir}
