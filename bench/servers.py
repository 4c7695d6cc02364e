"""The site, its worker and other servers as processes of their own, for as long as they are measured."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.scene import Scene
from cimar.installation import CHECKOUT

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def site_of(
    scene: Scene, *, by_proxy: bool, **environment: str
) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Its port, and gunicorn's process: served as in production, with its number of processes and threads."""
    port = free_port()
    settings = scene.profile.environment(scene.database)
    settings |= {"CIMAR_PROXY_SENDS_FILES": "1" if by_proxy else "0", "CIMAR_LOG_LEVEL": "WARNING"}
    configured = ["--config", "deploy/gunicorn.conf.py", "--bind", f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", "gunicorn", *configured]
    with running(command, port, settings | environment) as process:
        # It listens before its processes have loaded the site, which is no part of what a request takes.
        _wait(lambda: _is_live(port))
        yield port, process


@contextmanager
def worker_of(scene: Scene, **environment: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker as in production: two processes."""
    settings = scene.profile.environment(scene.database) | {"CIMAR_LOG_LEVEL": "WARNING"}
    options = ["--concurrency", "2", "--max-tasks-per-child", "200", "--without-gossip", "--without-mingle"]
    command = [sys.executable, "-m", "celery", "--quiet", "--app", "cimar", "worker", *options]
    process = subprocess.Popen(
        [*command, "--loglevel", "error"], cwd=CHECKOUT, env=settings | environment, stdout=sys.stderr
    )
    try:
        yield process
    finally:
        _end(process)


@contextmanager
def running(
    command: list[str], port: int, environment: dict[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, cwd=CHECKOUT, env=environment)
    try:
        _wait(lambda: process.poll() is not None or _listens(port))
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} stopped as it started")
        yield process
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Memory:
    """Watches how much memory processes and all their descendants have together, from now until it is closed."""

    def __init__(self, **processes: int) -> None:
        self.most = dict.fromkeys(processes, 0.0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(processes,))

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def words(self) -> str:
        return "at most " + ", ".join(f"{most:.0f} MB in {name}" for name, most in self.most.items())

    def _watch(self, processes: dict[str, int]) -> None:
        while not self._over.wait(0.25):
            for name, process in processes.items():
                held = sum(map(_share, (process, *descendants(process))))
                self.most[name] = max(self.most[name], held)


def _share(process: int) -> float:
    """Megabytes; what several processes share is counted in parts, so that a sum is true."""
    with suppress(OSError):
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)
    return 0.0


def descendants(process: int) -> list[int]:
    children = _children(process)
    return [*children, *(each for child in children for each in descendants(child))]


def peak_memory(process: int) -> float:
    """Megabytes that the process, or the largest of its children, has had at most; 0 where the system does not tell."""
    return max((_peak(pid) for pid in (process, *_children(process))), default=0.0)


def processor_of(*processes: int) -> dict[int, float]:
    """The processor time of each process and its children, in milliseconds; 0 where the system does not say."""
    return {each: _spent(each) for process in processes for each in (process, *_children(process))}


def more_processor(before: dict[int, float], after: dict[int, float]) -> float:
    """The milliseconds used between two readings, without processes that ended in between."""
    return sum(spent - before.get(process, 0.0) for process, spent in after.items())


def _spent(process: int) -> float:
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _children(process: int) -> list[int]:
    with suppress(OSError):
        return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    return []


def _peak(process: int) -> float:
    status = Path(f"/proc/{process}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not until():
        if time.monotonic() > end:
            raise RuntimeError("a server does not answer")
        time.sleep(0.05)


def _is_live(port: int) -> bool:
    with suppress(OSError, http.client.HTTPException):
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        asked.request("GET", "/health/live")
        return asked.getresponse().status == 200
    return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
