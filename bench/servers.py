"""The site as a process of its own, and other servers beside it, for as long as they are measured."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.scene import Scene
from cimar.installation import CHECKOUT

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def site_of(
    scene: Scene, *, by_proxy: bool, **environment: str
) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Its port, and gunicorn's process."""
    port = free_port()
    bind = ["--bind", f"127.0.0.1:{port}", "--threads", "4", "--log-level", "error"]
    settings = scene.profile.environment(scene.database)
    settings |= {"CIMAR_PROXY_SENDS_FILES": "1" if by_proxy else "0", "CIMAR_LOG_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "gunicorn", "cimar.wsgi", *bind]
    with running(command, port, settings | environment) as process:
        yield port, process


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
        process.terminate()
        process.wait(20)


def peak_memory(process: int) -> float:
    """Megabytes that the process, or the largest of its children, has had at most; 0 where the system does not tell."""
    return max((_peak(pid) for pid in (process, *_children(process))), default=0.0)


def processor_of(*processes: int) -> float:
    """Milliseconds of processor time that they and their children have had; 0 where the system does not tell."""
    return sum(_spent(each) for process in processes for each in (process, *_children(process)))


def _spent(process: int) -> float:
    stat = Path(f"/proc/{process}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children")
    return [int(pid) for pid in listed.read_text().split()] if listed.exists() else []


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


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
