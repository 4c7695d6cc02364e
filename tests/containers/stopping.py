"""Whether a health check sees that what it asks about stands still."""

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tests.containers.engine import Failed
from tests.containers.health import processes
from tests.containers.installation import Installation

# Together only such as do not rest on each other: what is unhealthy is so for its own sake.
AT_ONCE = (("nginx", "web", "worker", "beat", "mail"), ("pgbouncer", "valkey", "s3", "postgres"))
PATIENCE = 240
TEN_MINUTES_AGO = 660  # seconds


def stopped_services_are_unhealthy(installation: Installation) -> None:
    for services in AT_ONCE:
        _stop(installation, dict(_first(installation, service) for service in services))
        installation.wait_until_healthy()


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
            lambda: not _not_unhealthy(installation, stopped),
            lambda: f"stopped, and not unhealthy: {_not_unhealthy(installation, stopped)}",
            PATIENCE,
        )
    finally:
        _send(still, signal.SIGCONT)


def _first(installation: Installation, service: str) -> tuple[str, dict[str, Any]]:
    names = [name for name, one in installation.containers().items() if one["service"] == service]
    if not names:
        raise Failed(f"{service} does not run")
    (shown,) = yaml.safe_load(installation.engine.podman("inspect", min(names)))
    return min(names), shown


def _not_unhealthy(installation: Installation, names: dict[str, Any]) -> list[str]:
    return [
        name
        for name, one in installation.containers().items()
        if name in names and one["health"] != "unhealthy"
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
