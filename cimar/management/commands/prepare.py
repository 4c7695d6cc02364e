"""Brings the database and the bucket up to date. Every deployment runs it first, as the owner."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection
from psycopg.errors import LockNotAvailable

from cimar.bucket import make_bucket

# A change of a table that waits for its lock holds up every later query, so it gives up and tries again.
LOCK_WAIT = "1s"
TRIES = 20
LONGEST_PAUSE = 30
ASK_EVERY = 0.5
# Two commands that prepare the same database run one after the other.
PREPARE_LOCK = int.from_bytes(b"prepare ")


class Command(BaseCommand):
    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        make_bucket()
        _reach_the_database()
        self._migrate(options["verbosity"])

    def _migrate(self, verbosity: int) -> None:
        """Each migration is whole or not at all, so a second try goes on where the first one stopped."""
        for tried in range(1, TRIES + 1):
            try:
                with _alone(self._tell), connection.execute_wrapper(_patient_when_concurrent):
                    call_command("migrate", verbosity=verbosity, interactive=False)
                    call_command("createcachetable", verbosity=verbosity)
                return
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
            # Deferred statements at the end of a migration leave its transaction open when they fail.
            connection.close()
            connection.connect()
            pause = min(2**tried, LONGEST_PAUSE)
            self._tell(f"A table is in use for longer than {LOCK_WAIT}; trying again in {pause} s.")
            time.sleep(pause)
        raise CommandError(
            f"A table that a migration changes was in use at each of {TRIES} tries. Earlier migrations stay applied, "
            "and the site goes on as before. Find out what holds the table (docs/operations.md, Trouble), then "
            "prepare again."
        )

    def _tell(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def _reach_the_database() -> None:
    """A wrong password or address is said in a sentence; the server's words name the role and never the password."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        raise CommandError(
            f"The database cannot be reached as its owner: {str(error).strip()}\nDATABASE_OWNER_URL has to name "
            "PostgreSQL itself, and the password of cimar_owner (secret database_owner_password) has to be the one "
            "that PostgreSQL has: as a superuser, \\password cimar_owner sets it."
        ) from None


@contextmanager
def _alone(tell: Callable[[str], Any]) -> Iterator[None]:
    """The lock and the setting end with the connection, where they are not released before."""
    waiting = False
    while not _taken():
        # Polled: a statement that waited would itself hold up an index that is built concurrently.
        if not waiting:
            tell("Another prepare is running on this database; waiting for it.")
            waiting = True
        time.sleep(ASK_EVERY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_WAIT])
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")
        cursor.execute("SELECT pg_advisory_unlock(%s)", [PREPARE_LOCK])


def _taken() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [PREPARE_LOCK])
        return bool(cursor.fetchone()[0])


def _patient_when_concurrent(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """An index that is built concurrently waits for other transactions, and holds up no query."""
    if "CONCURRENTLY" not in str(sql).upper():
        return execute(sql, params, many, context)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 0")
    done = execute(sql, params, many, context)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_WAIT])
    return done
