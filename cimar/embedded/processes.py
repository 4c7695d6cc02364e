"""Identifies a process by its id and the time it started, so that a reused id is never mistaken for ours."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROC = Path("/proc")


def started(pid: int) -> str:
    """When a living process started, in the system's own words; empty when there is none."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # a child of ours that ended is only a name until it is waited for
    if not (PROC / "self").exists():
        asked = ["ps", "-o", "lstart=", "-p", str(pid)]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    fields = _stat(pid)
    return "" if not fields or fields[0] in "ZX" else fields[19]


def alive(pid: int, since: str = "") -> bool:
    now = started(pid)
    return bool(now) and (not since or since == now)


def taken(pid: int) -> bool:
    """Whether the id is still in use, even if its process has ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def group(leader: int, since: str, folder: Path) -> list[int]:
    """Our processes in the session that `leader` began in `folder`, whether the leader still lives or not."""
    if alive(leader) and not alive(leader, since):
        return []
    if not PROC.exists():
        return [leader] if alive(leader, since) else []
    return [pid for pid in _pids() if _session(pid) == leader and _cwd(pid) == folder]


def session(leader: int) -> list[int]:
    """All processes of the session that `leader` began. Ask for a child of ours only: its id is taken while we live."""
    return [pid for pid in _pids() if _session(pid) == leader]


def in_folder(folder: Path) -> list[int]:
    """Processes that work in a folder: PostgreSQL's do so in its data folder. Empty where the system does not tell."""
    return [pid for pid in _pids() if _cwd(pid) == folder]


def send(pids: list[int], sign: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)


def wait(done: Callable[[], object], seconds: float) -> bool:
    """Whether `done` came true in time."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def end_group(leader: int, since: str, folder: Path, patience: float = 8) -> bool:
    """Ask a session to stop, then make it. Whether there was any."""
    if not (members := group(leader, since, folder)):
        return False
    send([leader] if leader in members else members, signal.SIGTERM)
    if not wait(lambda: not group(leader, since, folder), patience):
        send(group(leader, since, folder), signal.SIGKILL)
        wait(lambda: not group(leader, since, folder), 5)
    return True


def _pids() -> Iterator[int]:
    if PROC.exists():
        yield from (
            int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit() and started(int(entry.name))
        )


def _stat(pid: int) -> list[str]:
    """The fields after the name: state, parent, group, session, … and, twentieth, when it started."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _session(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[3]) if fields else 0


def _cwd(pid: int) -> Path | None:
    try:
        return Path(os.readlink(PROC / str(pid) / "cwd"))
    except OSError:
        return None
