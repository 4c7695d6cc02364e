"""Asks each container how it is, where no systemd does it for the engine: by its own check, at its own interval."""

import http.client
import json
import os
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

SHORT = 5.0  # seconds: a rehearsal does not wait for the longer intervals
API = "/v4.0.0/libpod/containers/"
NANO = 1_000_000_000


class _Line(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("engine", timeout=120)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Doctor(threading.Thread):
    """Until it is told to stop."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self._path, self._over = path, threading.Event()
        self._asked: dict[str, float] = {}
        self._asking: set[str] = set()

    def run(self) -> None:
        while not self._over.wait(0.5):
            try:
                containers = self._get("json")
            except (OSError, ValueError, http.client.HTTPException):
                continue
            for container in containers or ():
                name, now = container["Id"], time.monotonic()
                if name not in self._asking and now - self._asked.get(name, 0) >= SHORT:
                    self._asked[name] = now
                    self._asking.add(name)
                    threading.Thread(target=self._ask, args=[name], daemon=True).start()

    def stop(self) -> None:
        self._over.set()
        self.join(10)

    def _ask(self, name: str) -> None:
        late = None
        try:
            shown = self._get(f"{quote(name)}/json")
            check = shown["Config"].get("Healthcheck")
            if not check or check["Test"][:1] == ["NONE"] or not shown["State"]["Running"]:
                return
            # This engine notes afterwards that a check took too long, and waits for it for ever.
            late = threading.Timer(check["Timeout"] / NANO, _end_checks, [shown["State"]["Pid"]])
            late.start()
            self._get(f"{quote(name)}/healthcheck")
        except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException):
            # A container that has just ended.
            pass
        finally:
            if late:
                late.cancel()
            self._asked[name] = time.monotonic()
            self._asking.discard(name)

    def _get(self, path: str) -> Any:
        line = _Line(self._path)
        try:
            line.request("GET", API + path)
            return json.loads(line.getresponse().read() or b"null")
        finally:
            line.close()


def processes(first: int) -> list[int]:
    """All that run in the container of this process, by their ids on this machine."""
    ours, found = Path(f"/proc/{first}/ns/pid").readlink(), []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "ns" / "pid").readlink() == ours:
                found.append(int(folder.name))
    return sorted(found)


def _end_checks(first: int) -> None:
    """What was put into the container from outside: its parent is no process of the container."""
    with suppress(OSError):
        inside = set(processes(first))
        for pid in inside - {first}:
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if parent not in inside:
                os.kill(pid, signal.SIGKILL)
