"""Measures what the design promises (section "Budgets") on generated data, and prints it as a table.

The data is made once for each number of studies and kept; measuring it again takes some minutes. Sharing and looking
leave their rows behind; whatever changes more is undone.
"""

import argparse
import contextlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

from bench import budgets, locks
from bench.profile import Profile
from bench.table import Row, loaded, markdown, missing
from cimar.installation import CHECKOUT, Problem

GROUPS = ("lists", "rights", "shares", "access", "images", "ingest", "dicomweb", "upload", "viewer", "law")
# `bin/bench images`: all there is about images.
TOPICS = {"images": ("images", "ingest", "dicomweb", "upload"), "viewer": ("viewer",)}
SMALL = 10_000
# A page that takes no more milliseconds than this is flat whatever it takes at another size.
FLAT_ANYWAY = 5.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument(
        "--scale", type=int, default=1_000_000, metavar="N", help="studies (preset: 1,000,000)"
    )
    parser.add_argument(
        "--quick", action="store_true", help=f"{SMALL:,} studies, fewer repetitions: does it run?"
    )
    parser.add_argument(
        "--files",
        type=int,
        default=0,
        metavar="N",
        help="store and upload so many files of 627 kB (5,000: 3.1 GB) instead of few small ones",
    )
    parser.add_argument("--only", choices=GROUPS, action="append", help="these rows; may be given again")
    parser.add_argument("topic", nargs="?", choices=TOPICS, help="the rows about these alone")
    parser.add_argument("--load", action="store_true", help="make the data and stop")
    parser.add_argument("--profile", default="bench", help=argparse.SUPPRESS)
    given = parser.parse_args()
    try:
        return run(given)
    except Problem as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 1


def run(given: argparse.Namespace) -> int:
    studies = SMALL if given.quick else given.scale
    groups = given.only or TOPICS.get(given.topic)
    flags = ["--quick"] if given.quick else []
    flags += [f"--files={given.files}"] if given.files else []
    with running(given.profile) as profile:
        database = prepared(profile, studies)
        small = database if given.quick else prepared(profile, SMALL)
        if given.load:
            return 0
        rows: list[Row] = []
        for group in groups or GROUPS:
            compared = (
                list(measured(profile, small, group, "--quick"))
                if group == "lists" and small != database
                else []
            )
            for row in measured(profile, database, group, *flags):
                row = beside(row, compared)
                say(f"{row.what}: {row.measured}  {row.verdict}")
                rows.append(row)
        if not groups:
            rows += [missing(budget) for budget in budgets.DESIGN if not budget.group]
    print(f"\n{studies:,} studies. {machine()}\n\n{markdown(rows)}")
    return 0


@contextlib.contextmanager
def running(name: str) -> Iterator[Profile]:
    profile = Profile(name)
    profile.enter()
    try:
        yield profile
    finally:
        profile.leave()


def prepared(profile: Profile, studies: int) -> str:
    name = profile.database(studies, say)
    locks.migrate(profile, name, sys.executable, say)
    return name


def measured(profile: Profile, database: str, group: str, *flags: str) -> Iterator[Row]:
    """In a process of its own: Django knows one database."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.run", group, *flags],
        cwd=CHECKOUT,
        env=profile.environment(database),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield loaded(line)
    if process.returncode:
        raise Problem(f"measuring {group} failed; the lines above say why.")


def beside(row: Row, compared: list[Row]) -> Row:
    """A page of a list is compared with the same page among ten thousand studies."""
    for other in compared:
        if row.key == other.key and row.key.startswith("page") and other.number:
            times = row.number / other.number
            flat = times <= budgets.PAGE.times or row.number <= FLAT_ANYWAY
            measured = f"{row.measured}; {times:.1f} × what it takes at {SMALL:,}"
            return replace(row, measured=measured, ok=bool(row.ok) and flat)
    return row


def machine() -> str:
    memory = 0
    with contextlib.suppress(OSError, ValueError):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**30
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} processors ({platform.machine()}), {memory} GB of memory, "
        f"Python {platform.python_version()}; load {load:.1f} when it was over."
    )


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
