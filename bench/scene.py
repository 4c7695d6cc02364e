"""What a bench works with in a database of generated data: the one big worklist, its people, and another connection."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg

from bench.meter import Meter, Sample
from bench.profile import Profile


class _Undone(Exception):
    pass


@dataclass
class Scene:
    profile: Profile
    database: str
    quick: bool = False
    # How many files are taken in and uploaded where somebody chose it: then of the size of a slice of CT.
    files: int = 0

    @cached_property
    def meter(self) -> Meter:
        return Meter(self.profile.connect(self.database, "postgres"))

    @cached_property
    def bare(self) -> psycopg.Connection[Any]:
        """As the application, without Django."""
        return self.profile.connect(self.database, "cimar_app")

    @cached_property
    def big(self) -> Any:
        from cimar.demo.scale.directory import BIG, TRUST
        from worklists.models import Worklist

        return Worklist.objects.select_related("account").get(account__name=TRUST, name=BIG)

    @cached_property
    def people(self) -> list[Any]:
        """Some who are on every worklist of the trust."""
        from accounts.models import User

        users = User.objects.filter(account_memberships__account=self.big.account, is_active=True)
        return list(users.order_by("pk")[:400])

    @cached_property
    def placed(self) -> int:
        from studies.models import Placement

        return Placement.objects.filter(worklist=self.big).count()

    def client(self, person: Any) -> Any:
        """A browser of somebody who is signed in."""
        from django.test import Client

        browser = Client(SERVER_NAME="127.0.0.1")
        browser.force_login(person)
        return browser

    def times(self, many: int) -> int:
        return max(3, many // 5) if self.quick else many

    @staticmethod
    @contextmanager
    def undone() -> Iterator[Callable[[], None]]:
        """What is done inside leaves no trace. What would be checked at the commit is checked when one calls."""
        from django.db import connection, transaction

        def checked() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")

        try:
            with transaction.atomic():
                yield checked
                raise _Undone
        except _Undone:
            pass


def ms(value: float) -> str:
    return (
        f"{value:.2f} ms" if value < 10 else f"{value:,.0f} ms" if value < 10_000 else f"{value / 1000:.1f} s"
    )


def measured_text(sample: Sample, *, database: bool) -> str:
    """The median, what 95 % stay below, and the processor time in it."""
    busy, inside = ms(sample.busy_median), ms(sample.database_median)
    if not database:
        return f"{ms(sample.median)} (95 %: {ms(sample.p95)}; busy {busy}); {inside} in the database"
    most, inside_busy = ms(sample.database_p95), ms(sample.database_busy_median)
    return f"{inside} (95 %: {most}; busy {inside_busy}); page {ms(sample.median)} (busy {busy})"
