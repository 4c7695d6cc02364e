"""The steps of the rehearsal, in their order, and how long each took."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.containers import (
    backups,
    dimse,
    errors,
    kills,
    look,
    manual,
    sharing,
    steps,
    stopping,
    upgrade,
)
from tests.containers.engine import Failed
from tests.containers.installation import Installation

T = TypeVar("T")
# By the name that --only takes: what is said of it, and what does it.
STEPS: dict[str, tuple[str, Callable[[Installation], Any]]] = {
    "administrator": (
        "an administrator registers and signs in, through the proxy",
        steps.first_administrator,
    ),
    "sharing": ("a study is shared by five methods, and seen", sharing.five_methods),
    "closed": ("every container is as closed as the manual says", look.containers_are_closed),
    "dimse": ("a PACS pushes an image to the receiver", dimse.a_pacs_pushes),
    "backup": ("a backup is restored in another place, and seen there", backups.restored_elsewhere),
    "stopping": (
        "what stands still turns unhealthy, and healthy again",
        stopping.stopped_services_are_unhealthy,
    ),
    "kills": ("whatever is killed while people share, nothing is lost", kills.nothing_is_lost),
    "errors": ("each mistake is answered by a sentence that says what to do", errors.each_has_its_sentence),
    "upgrade": ("an upgrade from the release before, while people read", upgrade.while_people_read),
}
ALL = list(STEPS)
AT_FIRST = ["administrator", "sharing", "closed"]
IN_CI = ["administrator", "closed", "stopping"]


class Clock:
    """Runs the steps, and keeps how long each took."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._took: list[tuple[str, float]] = []

    def step(self, what: str, do: Callable[..., T], *arguments: object) -> T:
        began = time.monotonic()
        try:
            done = do(*arguments)
        except (Failed, OSError) as failed:
            raise Failed(f"{what}: {failed}") from failed
        self._took.append((what, time.monotonic() - began))
        print(f"ok      {what} ({self._took[-1][1]:.1f} s)", flush=True)
        if isinstance(done, list):
            for line in done:
                print(f"        {line}", flush=True)
        return done

    def seconds(self) -> float:
        return time.monotonic() - self._began

    def table(self) -> str:
        """Each step that took a second or more."""
        rows = [f"{took:7.1f} s  {what}" for what, took in self._took if took >= 1]
        return "\n".join(["", *rows, f"{self.seconds():7.1f} s  together"])


def install(installation: Installation, clock: Clock) -> None:
    """The manual's own commands, one after the other; what it leaves to the reader is filled in between."""
    for command in manual.commands("Install"):
        if command.startswith("git clone"):
            clock.step(command, installation.unpack)
            installation.certificate()
            continue
        if "create_account" in command:
            # The mail goes to a place where it can be read.
            (with_mail,) = (
                line for line in manual.quoted("To look at it without") if "--profile dev up" in line
            )
            clock.step(with_mail, installation.shell, with_mail)
            clock.step("every health check turns healthy", installation.wait_until_healthy)
        command = command.replace("/path/to/", "")
        do = installation.build if command.endswith(" build") else installation.shell
        clock.step(command, do, command)
        if "env.example" in command:
            installation.fill_in()
