"""One migrated template, kept between runs; each test process has a copy of it, and runs as cimar_app."""

import fcntl
import functools
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql

from cimar.embedded import processes
from cimar.installation import CHECKOUT, OWNER_ROLE
from tests.plumbing import PLACES

TEMPLATE_PREFIX = "cimar_template_"
TEMPLATES_KEPT = 3
CLOCK = (CHECKOUT / "tests" / "plumbing" / "clock.sql").read_text()
# Each table counts in a range of its own: another table's key taken for this one's finds nothing, and a short key
# cannot stand in a page by chance.
_aside: list[str] = []
KEYS_APART = """
SELECT setval(sequence, 10007 * row_number() OVER (ORDER BY sequence::text))
FROM (SELECT oid::regclass AS sequence FROM pg_class WHERE relkind = 'S') every_sequence
"""


def owner(database: str = "postgres") -> psycopg.Connection[Any]:
    """A connection as the owner of the schema, outside any transaction."""
    return psycopg.connect(host=str(PLACES.sockets), user=OWNER_ROLE, dbname=database, autocommit=True)


def template() -> str:
    """The name of the template for the schema as the checkout has it now, made if it is not there."""
    with owner() as connection:
        return _template(connection)


def _template(connection: psycopg.Connection[Any]) -> str:
    name = TEMPLATE_PREFIX + _digest()
    with (PLACES.home / "template.lock").open("a+") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            _make_template(connection, name)
    return name


@functools.cache
def _digest() -> str:
    """Changes with whatever can change the schema."""
    found = [
        *CHECKOUT.glob("*/migrations/**/*.py"),
        *CHECKOUT.glob("*/sql/**/*.sql"),
        *CHECKOUT.glob("cimar/sql/*.sql"),
        *CHECKOUT.glob("cimar/settings/*.py"),
    ]
    found += [
        CHECKOUT / "requirements.txt",
        CHECKOUT / "tests" / "plumbing" / "clock.sql",
        CHECKOUT / "tests" / "plumbing" / "database.py",
    ]
    digest = hashlib.sha256()
    for path in sorted(found):
        digest.update(str(path.relative_to(CHECKOUT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _make_template(connection: psycopg.Connection[Any], name: str) -> None:
    unfinished = f"making_{name}"
    _drop(connection, unfinished)
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unfinished)))
    environment = {**os.environ, "CIMAR_DATABASE_NAME": unfinished}
    done = subprocess.run(
        [sys.executable, "manage.py", "prepare", "--verbosity", "0"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"manage.py prepare failed, so there is no database to test on:\n{done.stderr}")
    with owner(unfinished) as inside:
        inside.execute(CLOCK)
        inside.execute(KEYS_APART)
        inside.execute("VACUUM ANALYZE")
    connection.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
    )
    listed = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY oid DESC OFFSET %s"
    for (old,) in connection.execute(listed, [TEMPLATE_PREFIX, TEMPLATES_KEPT]).fetchall():
        _drop(connection, old)


def create(name: str, copied: str) -> None:
    with owner() as connection:
        _create(connection, name, copied)


def _create(connection: psycopg.Connection[Any], name: str, copied: str) -> None:
    """File by file: to copy by the log, as PostgreSQL does when it is not told, takes more than twice the time."""
    _drop(connection, name)
    by_files = sql.SQL(" STRATEGY file_copy" if connection.info.server_version >= 150000 else "")
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(copied))
        + by_files
    )


def copy_aside(name: str, mark: str) -> str:
    """A copy to begin later tests of this process with.

    Connections that a test before left open end, as they do when its database is dropped: what is connected to cannot
    be copied.
    """
    copied = f"{name}_{mark}"
    with owner() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        _create(connection, copied, name)
    _aside.append(copied)
    return copied


def drop(name: str) -> None:
    with owner() as connection:
        _drop(connection, name)


def _drop(connection: psycopg.Connection[Any], name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _drop_of_the_dead() -> None:
    """Copies whose test process was killed before it could drop them."""
    with owner() as connection:
        for (name,) in connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, 'test_')"
        ).fetchall():
            pid, since = name.split("_")[1:3]
            if not processes.alive(int(pid), since):
                _drop(connection, name)


def start_over() -> None:
    """The test process's database as it was first, without the dead rows that nothing vacuums here."""
    from django.db import connection, connections

    connections.close_all()
    with owner() as own:
        _create(own, connection.settings_dict["NAME"], _template(own))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's, which would migrate anew each time and as the application's role."""
    from django.db import connection, connections
    from django.test import TransactionTestCase

    copied, name = template(), f"test_{os.getpid()}_{processes.started(os.getpid())}"
    _drop_of_the_dead()
    create(name, copied)
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name

    # In place of a flush: cimar_app may not empty the audit, and the rows that migrations wrote come back too.
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: start_over())
        yield
        connections.close_all()
    connection.settings_dict["NAME"] = before
    for made in (name, *_aside):
        drop(made)


@pytest.fixture
def as_owner(db: None) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Run SQL as the owner, on a connection of its own: it sees what is committed, so use it in transactional tests."""
    from django.db import connection

    with owner(connection.settings_dict["NAME"]) as own:

        def run(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
            cursor = own.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest.fixture
def process_env(db: None) -> dict[str, str]:
    """The environment for a web process, worker or command that shall work on this test's database and broker."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "cimar.settings",
        "CIMAR_DATABASE_NAME": name,
    }


class Clock:
    """Moves the database's clock for everyone who works on this test's database."""

    def move(self, **by: float) -> None:
        """Forward from where it stands: `clock.move(days=3)`; negative numbers move it back."""
        self._run("UPDATE test_clock.shift SET by = by + make_interval(secs => %s)", [_seconds(by)])

    def set(self, moment: Any) -> None:
        """To this moment, from which the clock goes on."""
        self.move(seconds=(moment - self.now()).total_seconds())

    def reset(self) -> None:
        self._run("UPDATE test_clock.shift SET by = '0'")

    def now(self) -> Any:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT statement_timestamp()")
            return cursor.fetchone()[0]

    def join(self) -> None:
        """Put the calling thread's connection under this clock; the test's own is already."""
        self._run("SET search_path = test_clock, pg_catalog, public")

    def leave(self) -> None:
        self._run("RESET search_path")

    @staticmethod
    def _run(statement: str, parameters: Any = None) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)


def _seconds(by: dict[str, float]) -> float:
    from datetime import timedelta

    return timedelta(**by).total_seconds()


@pytest.fixture
def clock(db: None) -> Iterator[Clock]:
    """The database's clock. Sessions that begin later (threads, live_server, processes) follow it as well."""
    from django.db import connection

    name = connection.settings_dict["NAME"]
    with owner() as own:
        database = sql.Identifier(name)
        own.execute(
            sql.SQL("ALTER DATABASE {} SET search_path = test_clock, pg_catalog, public").format(database)
        )
        moved = Clock()
        moved.join()
        yield moved
        own.execute(sql.SQL("ALTER DATABASE {} RESET search_path").format(database))
        moved.leave()
