"""python -m tests.containers: what bin/rehearse-compose runs.

Builds the Dockerfile and starts the compose file as docs/install.md says, both as they are, on an engine of its own.
With --ci only where something that it rests on has changed since it was last green here, for a limited time, and
without the step that shares a study: that rests on the pages, whose own tests CI has.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from tests.containers import look, manual, marker, sharing, standins, steps, stopping
from tests.containers.engine import Engine, Failed, Missing, cache, need
from tests.containers.health import Doctor
from tests.containers.installation import Installation

T = TypeVar("T")
CI_MINUTES = 20


def step(what: str, do: Callable[..., T], *arguments: object) -> T:
    begun = time.monotonic()
    try:
        done = do(*arguments)
    except (Failed, OSError) as failed:
        raise Failed(f"{what}: {failed}") from failed
    print(f"ok      {what} ({time.monotonic() - begun:.1f} s)", flush=True)
    return done


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/rehearse-compose", description=__doc__)
    parser.add_argument("--ci", action="store_true", help="only if due, and for a limited time")
    for_ci = parser.parse_args().ci
    begun, engine, state = time.monotonic(), Engine(cache()), marker.state()
    green = engine.home / "green"
    if for_ci and marker.is_green(green, state):
        print(
            "The compose file was not rehearsed again: what it rests on is as it was when it was last green."
        )
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if for_ci:
            _end_in_time()
        _run(engine, shares=not for_ci)
    except Missing as why:
        print(f"The compose file was not rehearsed: {why}")
        return 0
    except Failed as failed:
        print(f"FAILED  {failed}", file=sys.stderr)
        return 1
    finally:
        signal.alarm(0)
        engine.stop()
    marker.set_green(green, state)
    print(f"The compose file was rehearsed in {time.monotonic() - begun:.0f} s.")
    return 0


def _end_in_time() -> None:
    def late(*_: object) -> None:
        raise Missing(f"it took longer than the {CI_MINUTES} minutes that CI has for it.")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(CI_MINUTES * 60)


def _run(engine: Engine, *, shares: bool) -> None:
    step("the packages of an engine", need)
    step("an engine", engine.prepare)
    engine.start()
    step("compose", standins.compose, engine)
    step("a container with limits and a network", engine.try_out, standins.ROOT)
    step("stand-ins for the base images", standins.make, engine, standins.wanted())
    _rehearse(engine, shares=shares)
    engine.forget_old_layers()


def _rehearse(engine: Engine, *, shares: bool) -> None:
    installation = Installation(engine)
    doctor = Doctor(engine.socket)
    doctor.start()
    try:
        _install(installation)
        step(
            "an administrator registers and signs in, through the proxy",
            steps.first_administrator,
            installation,
        )
        if shares:
            step("a study is shared by five methods, and seen", sharing.five_methods, installation)
        step("every container is as closed as the manual says", look.containers_are_closed, installation)
        step(
            "what stands still turns unhealthy, and healthy again",
            stopping.stopped_services_are_unhealthy,
            installation,
        )
        installation.remove()
    finally:
        doctor.stop()


def _install(installation: Installation) -> None:
    """The manual's own commands, one after the other; what it leaves to the reader is filled in between."""
    for command in manual.commands("Install"):
        if command.startswith("git clone"):
            step(command, installation.unpack)
            installation.certificate()
            continue
        if "create_account" in command:
            # The mail goes to a place where it can be read.
            (with_mail,) = (
                line for line in manual.quoted("To look at it without") if "--profile dev up" in line
            )
            step(with_mail, installation.shell, with_mail)
            step("every health check turns healthy", installation.wait_until_healthy)
        command = command.replace("/path/to/", "")
        do = installation.build if command.endswith(" build") else installation.shell
        step(command, do, command)
        if "env.example" in command:
            installation.fill_in()


if __name__ == "__main__":
    sys.exit(main())
