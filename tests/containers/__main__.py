"""python -m tests.containers: what bin/rehearse-compose runs.

Builds the Dockerfile and starts the compose file as docs/install.md says, both as they are, on an engine and a network
of its own, from which nothing outside is reached. Without options the steps that are short; with --all also those that
kill, stop, fill and upgrade. With --ci only where something that it rests on has changed since it was last green (see
.ci/rehearsed), for a limited time, and without the steps that share studies: those rest on the pages, whose own tests
CI has.
"""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.containers import cut, marker, standins
from tests.containers.engine import Engine, Failed, Missing, cache, need
from tests.containers.health import Doctor
from tests.containers.installation import Installation
from tests.containers.rehearsal import ALL, AT_FIRST, IN_CI, STEPS, Clock, install

CI_MINUTES = 20


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/rehearse-compose", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="the long steps too")
    which.add_argument("--ci", action="store_true", help="only if due, and for a limited time")
    which.add_argument("--only", choices=STEPS, nargs="+", help="these steps, on what --keep left standing")
    which.add_argument("--remove", action="store_true", help="what --keep left standing")
    parser.add_argument("--keep", action="store_true", help="leave the installation standing afterwards")
    given = parser.parse_args()
    engine, state, clock = Engine(cache()), marker.state(), Clock()
    if given.ci and marker.is_green(state):
        print(
            "The compose file was not rehearsed again: what it rests on is as it was when it was last green."
        )
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if given.ci:
            _end_in_time()
        stands = bool(given.only)
        with _engine(engine, clock, stands=stands, keep=given.keep or stands):
            if not given.remove:
                names = given.only or (ALL if given.all else IN_CI if given.ci else AT_FIRST)
                _rehearse(engine, clock, names, stands=stands)
    except Missing as why:
        print(f"The compose file was not rehearsed: {why}")
        return 0
    except Failed as failed:
        print(f"FAILED  {failed}", file=sys.stderr)
        return 1
    finally:
        signal.alarm(0)
        print(clock.table(), flush=True)
    if not (given.only or given.remove):
        marker.set_green(state)
        print(f"The compose file was rehearsed in {clock.seconds():.0f} s.")
    return 0


def _end_in_time() -> None:
    def late(*_: object) -> None:
        raise Missing(f"it took longer than the {CI_MINUTES} minutes that CI has for it.")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(CI_MINUTES * 60)


@contextmanager
def _engine(engine: Engine, clock: Clock, *, stands: bool, keep: bool) -> Iterator[None]:
    """The engine with all that it needs from the network; inside, the network is cut."""
    try:
        clock.step("the packages of an engine", need)
        clock.step("an engine", engine.prepare)
        engine.start()
        if not stands:
            clock.step("compose", standins.compose, engine)
            clock.step("a container with limits and a network", engine.try_out, standins.ROOT)
            cut.forget(engine.network)
        clock.step("stand-ins for the base images", standins.make, engine, standins.wanted())
        engine.stop()
        clock.step("the network is cut", cut.off, engine.network)
        engine.start()
        yield
        engine.forget_old_layers()
    finally:
        if not keep:
            engine.clear()
            cut.forget(engine.network)
        engine.stop()


def _rehearse(engine: Engine, clock: Clock, names: list[str], *, stands: bool) -> None:
    if way_out := cut.ways_out():
        raise Failed(f"the network is not cut: {way_out}")
    installation, doctor = Installation(engine), Doctor(engine.socket)
    doctor.start()
    try:
        if not stands:
            install(installation, clock)
        for name in names:
            clock.step(*STEPS[name], installation)
    finally:
        doctor.stop()


if __name__ == "__main__":
    sys.exit(main())
