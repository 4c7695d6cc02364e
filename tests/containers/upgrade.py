"""The release before is started first, with a study in it; then this one, by the manual, while people read."""

import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from cimar.installation import CHECKOUT
from tests.containers import manual, sharing, steps
from tests.containers.engine import Failed, run
from tests.containers.installation import Installation
from tests.containers.people import Person

READERS = 2
BETWEEN = 0.1  # seconds between two pages of a reader
AGAIN = 1.0  # seconds until what failed is asked for again
LONGEST = 30.0  # seconds that a reader asks again for one page


@dataclass(eq=False)
class Reader(threading.Thread):
    """Reads the list, a study and its picture, over and over; what failed is asked for again, and both are counted."""

    person: Person
    urls: list[str]
    enough: threading.Event = field(default_factory=threading.Event)
    read: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    # The longest time that one page was asked for in vain, and pages that came in no time.
    longest: float = 0.0
    lost: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        while not self.enough.is_set():
            for url in self.urls:
                self._read(url)
                self.enough.wait(BETWEEN)

    def _read(self, url: str) -> None:
        began = time.monotonic()
        while time.monotonic() - began < LONGEST:
            try:
                self.person.get(url)
                if self.person.page.url != url:
                    self.lost.append(f"{url} led to {self.person.page.url}")
                self.read += 1
                break
            except Failed:
                self.failures[str(self.person.page.status)] += 1
            except (OSError, http.client.HTTPException) as error:
                self.failures[type(error).__name__] += 1
            time.sleep(AGAIN)
        else:
            self.lost.append(f"{url} was not to be had for {LONGEST:.0f} s")
        self.longest = max(self.longest, time.monotonic() - began)


def while_people_read(installation: Installation) -> list[str]:
    commit = _before_the_last_migration()
    if not commit:
        return ["not rehearsed: the history of this checkout has no commit before its last migration."]
    old = Installation(installation.engine, "cimar-upgraded")
    try:
        _install_the_release_before(old, commit)
        return [
            f"from {run('git', 'log', '-1', '--format=%h %s', commit, cwd=CHECKOUT).strip()}",
            *_upgrade(old),
        ]
    finally:
        old.remove()


def _before_the_last_migration() -> str:
    """The newest commit that lacks a migration of this checkout; nothing where the history does not reach so far."""
    added = run(
        "git", "log", "-1", "--diff-filter=A", "--format=%H", "--", "*/migrations/[0-9]*.py", cwd=CHECKOUT
    ).strip()
    try:
        return run("git", "rev-parse", "--verify", "--quiet", f"{added}^", cwd=CHECKOUT).strip()
    except Failed:
        return ""


def _install_the_release_before(old: Installation, commit: str) -> None:
    for command in manual.commands("Install"):
        if command.startswith("git clone"):
            old.unpack(commit)
            old.certificate()
            continue
        do = old.build if command.endswith(" build") else old.shell
        do(command.replace("/path/to/", ""))
        if "env.example" in command:
            old.fill_in()
    old.wait_until_healthy()


def _upgrade(old: Installation) -> list[str]:
    at = sharing.people(old)
    person = steps.sign_in(old, sharing.SHARER, sharing.PASSWORD)
    placement = sharing.upload(person, at["Radiology"])
    urls = [f"/worklists/{at['Radiology']}/studies/", f"/placements/{placement}/"]
    readers = [Reader(steps.sign_in(old, sharing.SHARER, sharing.PASSWORD), urls) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    try:
        took = _commands(old)
        old.wait_until_healthy()
    finally:
        for reader in readers:
            reader.enough.set()
        for reader in readers:
            reader.join(LONGEST * 2)
    sharing.sees_the_image(person, at["Radiology"])
    if lost := [line for reader in readers for line in reader.lost]:
        raise Failed(f"readers were left without a page: {lost[:5]}")
    failures = sum((reader.failures for reader in readers), Counter[str]())
    read, longest = sum(reader.read for reader in readers), max(reader.longest for reader in readers)
    again = f"asked for again: {dict(failures) or 'none'}; longest without a page: {longest:.1f} s"
    return [*took, f"{read} pages were read by {READERS} people meanwhile; {again}"]


def _commands(old: Installation) -> list[str]:
    """The chapter's own. `--pull` alone is left out: there is no registry to pull from."""
    took = []
    for command in manual.commands("Upgrade"):
        began = time.monotonic()
        if command == "git pull":
            old.pull()
        else:
            do = old.build if " build" in command else old.shell
            do(command.replace(" --pull", ""))
        took.append(f"{command}: {time.monotonic() - began:.1f} s")
    return took
