"""A house of its own for a bench: a copy of the test template with people, worklists and studies in it.

Benches run by `bin/python -m cimar.embedded run --profile test -- .venv/bin/python -m bench.share`.
"""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import django

from tests.plumbing import database


@contextmanager
def house(what: str) -> Iterator[None]:
    """Django set up on a database that goes when the bench is done."""
    name = f"bench_{what}_{os.getpid()}"
    database.create(name, database.template())
    os.environ["CIMAR_DATABASE_NAME"] = name
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimar.settings")
    django.setup()
    from django.db import connection

    try:
        yield
    finally:
        connection.close()
        database.drop(name)


def settle_down() -> None:
    """What autovacuum would have done by the time a house is this full."""
    with database.owner(os.environ["CIMAR_DATABASE_NAME"]) as owner:
        owner.execute("VACUUM ANALYZE")


def make_studies(home: Any, number: int) -> list[Any]:
    """Studies at home, their placements in the order made."""
    from studies.models import FOREVER, Placement, Study
    from tests.factories import make_uid

    times = {"visible_until": FOREVER, "internal_until": FOREVER, "exists_until": FOREVER}
    studies = Study.objects.bulk_create(
        Study(home=home, study_instance_uid=make_uid(), patient_name=f"Example^{n}", modalities=["CT"])
        for n in range(number)
    )
    Placement.objects.bulk_create(Placement(study=study, worklist=home, **times) for study in studies)
    return list(Placement.objects.filter(worklist=home, study__in=studies).order_by("pk"))


class Timed:
    """Seconds and statements of what was done inside.

    `busy` is processor time, ours and the database session's: what it takes on a machine that has nothing else to do.
    """

    def __init__(self) -> None:
        self.statements: list[str] = []
        self._inside = ExitStack()

    def __enter__(self) -> "Timed":
        from django.db import connection

        # Not Django's own log: it writes each statement out with all that went into it, which takes longer than some.
        self._inside.enter_context(connection.execute_wrapper(self._note))
        self._start, self._busy = time.perf_counter(), self._processor()
        return self

    def __exit__(self, *failure: Any) -> None:
        self.seconds, self.busy = time.perf_counter() - self._start, self._processor() - self._busy
        self._inside.close()

    def _note(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.statements.append(sql)
        return execute(sql, params, many, context)

    @staticmethod
    def _processor() -> float:
        from django.db import connection

        connection.ensure_connection()
        stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
        ticks = sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13])) if stat.exists() else 0
        return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")

    def line(self, what: str, budget: str) -> str:
        took = f"{self.seconds:7.2f} s, {self.busy:6.2f} s busy, {len(self.statements):5} statements"
        return f"{took}  {what}  (budget {budget})"
