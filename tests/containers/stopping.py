"""Whether a health check sees that what it asks about stands still."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tests.containers.engine import Failed
from tests.containers.health import processes
from tests.containers.installation import Installation

# Each track at the same time as the other, and what is in one tuple at once: only such as do not rest on each other, so
# that what is unhealthy is so for its own sake. The worker's check is given half a minute three times, and asks the
# broker alone; beat writes its notes every three minutes.
TRACKS = (
    (("worker",),),
    (("beat",),),
    (("nginx", "web", "mail", "receiver", "s3"), ("pgbouncer", "postgres")),
)
AT_LAST = ("valkey",)
# As the profiles have them.
MAY_BE_ABSENT = {"receiver"}
PATIENCE = 240
TEN_MINUTES_AGO = 660  # seconds


def stopped_services_are_unhealthy(installation: Installation) -> list[str]:
    with ThreadPoolExecutor(len(TRACKS)) as pool:
        tracks = [pool.submit(_one_after_the_other, installation, track) for track in TRACKS]
    took = [line for track in tracks for line in track.result()]
    installation.wait_until_healthy()
    took += _one_after_the_other(installation, (AT_LAST,))
    installation.wait_until_healthy()
    return took


def _one_after_the_other(installation: Installation, track: tuple[tuple[str, ...], ...]) -> list[str]:
    return [_stopped_and_continued(installation, services) for services in track]


def _stopped_and_continued(installation: Installation, services: tuple[str, ...]) -> str:
    began = time.monotonic()
    stopped = dict(shown for service in services if (shown := _first(installation, service)))
    _stop(installation, stopped)
    unhealthy = time.monotonic()
    installation.wait(
        lambda: not _not(installation, stopped, "healthy"),
        lambda: f"continued, and not healthy: {_not(installation, stopped, 'healthy')}",
        PATIENCE,
    )
    took = f"unhealthy after {unhealthy - began:.0f} s, healthy {time.monotonic() - unhealthy:.0f} s later"
    return f"{', '.join(services)}: {took}"


def _stop(installation: Installation, stopped: dict[str, Any]) -> None:
    """All but the first process of each, which only looks after the others."""
    first = {shown["State"]["Pid"] for shown in stopped.values()}
    still = [pid for one in first for pid in processes(one) if pid != one]
    try:
        _send(still, signal.SIGSTOP)
        for name, shown in stopped.items():
            if "-beat-" in name:
                _age(shown)
        installation.wait(
            lambda: not _not(installation, stopped, "unhealthy"),
            lambda: f"stopped, and not unhealthy: {_not(installation, stopped, 'unhealthy')}",
            PATIENCE,
        )
    finally:
        _send(still, signal.SIGCONT)


def _first(installation: Installation, service: str) -> tuple[str, dict[str, Any]] | None:
    names = [name for name, one in installation.containers().items() if one["service"] == service]
    if not names:
        if service in MAY_BE_ABSENT:
            return None
        raise Failed(f"{service} does not run")
    (shown,) = yaml.safe_load(installation.engine.podman("inspect", min(names)))
    return min(names), shown


def _not(installation: Installation, names: dict[str, Any], health: str) -> list[str]:
    return [
        name for name, one in installation.containers().items() if name in names and one["health"] != health
    ]


def _send(pids: list[int], which: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, which)


def _age(beat: dict[str, Any]) -> None:
    """Its check looks at how old its notes are: nobody here waits for ten minutes."""
    folder = Path(f"/proc/{beat['State']['Pid']}/root/run/cimar")
    for file in folder.glob("beat-schedule*"):
        then = file.stat().st_mtime - TEN_MINUTES_AGO
        os.utime(file, (then, then))
