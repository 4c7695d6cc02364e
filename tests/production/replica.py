"""One copy of one service of the production stack, run as processes of this machine."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cimar.embedded import processes
from cimar.embedded.places import as_server_user, server_user
from cimar.installation import CHECKOUT
from tests.production.compose import Service

if TYPE_CHECKING:
    from tests.production.stack import Stack

# Our own image's servers run as we do: they read the checkout, which may be closed to others.
OURS = {"web", "worker", "receiver", "beat", "migrate", "backup", "s3"}
# Seconds until a service is healthy, where 30 are not enough.
START = {"web": 120, "s3": 60}
# Their health checks take seconds: a test of its own runs them.
SLOW_TO_ASK = {"worker", "beat"}


class Replica:
    """One copy of one service; its session of processes is what a container would hold."""

    def __init__(self, stack: "Stack", service: Service, number: int) -> None:
        self.stack, self.service = stack, service
        self.name = f"{service.name}-{number}"
        self.address = stack.new_address()
        self.home = stack.base / self.name
        self.log = stack.base / "log" / f"{self.name}.log"
        self._popen: subprocess.Popen[bytes] | None = None
        # Started and meant to stay.
        self.wanted = False

    @property
    def drops(self) -> bool:
        return self.service.name not in OURS

    def make(self) -> None:
        """Folders, files and granted secrets, as the container would find them."""
        self.places = {**self.stack.images, "/run/secrets": self.home / "secrets"}
        self._folder(self.home)
        self._folder(self.home / "secrets")
        for name in self.service.spec.get("secrets", []):
            copy = self.home / "secrets" / name
            shutil.copyfile(self.stack.secrets / name, copy)
            self._own(copy, 0o400)
        self.log.touch()
        self._own(self.log, 0o600)
        for inside, volume in self.service.folders.items():
            outside = self.stack.base / "volumes" / volume if volume else self.home / inside.strip("/")
            self._folder(outside)
            self.places[inside] = outside
        for inside, source in self.service.files.items():
            outside = self.home / "files" / inside.strip("/")
            self.stack.show(CHECKOUT / source, outside)
            self.places |= {inside: outside, str(Path(inside).parent): outside.parent}

    def led(self, text: str) -> str:
        """Paths to where they are here, names and addresses to those of the copies."""
        paths = sorted(self.places, key=len, reverse=True)
        found = "|".join(map(re.escape, paths))
        text = re.sub(rf"(?<![\w.])({found})(?=$|[/:\s\"'])", lambda path: str(self.places[path[1]]), text)
        text = re.sub(r"\b(0\.0\.0\.0|127\.0\.0\.1)\b", self.address, text)
        names = "|".join(self.stack.services)
        return re.sub(rf"(?<![\w.-])({names}):(\d+)", lambda at: self.stack.addresses(at[1], at[2]), text)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **self.stack.image_environment(self),
            **{name: self.led(value) for name, value in self.service.environment.items()},
            **self.stack.differences.get(self.service.name, {}),
            **self.stack.differences.get(self.name, {}),
        }

    def start(self) -> None:
        self.wanted = True
        command = [self.led(part) for part in self.service.command]
        self._popen = self.spawn(command + self.stack.arguments(self))

    def spawn(self, command: list[str], **more: str) -> subprocess.Popen[bytes]:
        as_whom = as_server_user() if self.drops else {}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                command,
                env=self.environment | more,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **{**as_whom, "cwd": self.cwd},
            )

    @property
    def cwd(self) -> Path:
        return CHECKOUT if not self.drops else self.home

    @property
    def pids(self) -> list[int]:
        if self._popen is None:
            return []
        return [pid for pid in processes.session(self._popen.pid) if pid]

    def healthy(self) -> bool:
        """What compose would find, by the service's own health check, where its program is on this machine."""
        if self.ended:
            return False
        if self.service.name == "valkey":
            return self._answers(6379)  # valkey-cli comes with the image, not with the server's wheel
        if self.service.name in SLOW_TO_ASK:
            return True
        return self.run([self.led(part) for part in self.service.healthcheck]).returncode == 0

    def _answers(self, port: int) -> bool:
        with suppress(OSError), socket.create_connection((self.address, port), timeout=2):
            return True
        return False

    def run(self, command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
        as_whom = as_server_user() if self.drops else {}
        return subprocess.run(
            command,
            env=self.environment | more,
            capture_output=True,
            text=True,
            check=False,
            **{**as_whom, "cwd": self.cwd},
        )

    def wait_until_healthy(self) -> None:
        """As compose waits for a dependency, with the last lines of a service that never gets there."""
        # Each look is a process of its own: now and then, not all the time.
        ends = time.monotonic() + START.get(self.service.name, 30)
        while not (self.ended or self.healthy() or time.monotonic() > ends):
            time.sleep(0.3)  # allowed: between two looks
        assert not self.ended and self.healthy(), f"{self.name} did not start in time:\n{self.tail()}"

    @property
    def ended(self) -> bool:
        return self._popen is None or self._popen.poll() is not None

    def kill(self) -> None:
        """Everything in it at once, with no time for last words."""
        processes.send(self.pids, signal.SIGKILL)
        if self._popen is not None:
            self._popen.wait(10)
        assert processes.wait(lambda: not self.pids, 10)

    def ask_to_stop(self) -> None:
        if self._popen is not None and not self.ended:
            self._popen.send_signal(signal.Signals[self.service.stop_signal])

    def tail(self, size: int = 3000) -> str:
        return self.log.read_text(errors="replace")[-size:] if self.log.exists() else ""

    def _folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for made in [folder, *folder.parents]:
            if made == self.stack.base or made == self.stack.base / "volumes":
                break
            self._own(made, 0o700)

    def _own(self, path: Path, mode: int) -> None:
        path.chmod(mode)
        if self.drops and os.geteuid() == 0:
            user = server_user()
            os.chown(path, user.pw_uid, user.pw_gid)
