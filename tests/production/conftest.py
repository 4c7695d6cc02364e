"""The stack as a fixture: everything up once for all tests that use it, and this test process on its database."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from cimar.installation import CHECKOUT
from tests.mail_server import MailServer
from tests.production.stack import HOST, Stack, missing

CLOCK = (CHECKOUT / "tests" / "plumbing" / "clock.sql").read_text()


@pytest.fixture(scope="session")
def post_office() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def env(post_office: MailServer) -> dict[str, str]:
    """What would stand in .env."""
    return {
        "CIMAR_BASE_URL": f"https://{HOST}",
        "CIMAR_MAIL_FROM": "CIMAR <studies@hospital.test>",
        "EMAIL_HOST": "localhost",
        "EMAIL_PORT": str(post_office.port),
        "EMAIL_USE_TLS": "0",
    }


@pytest.fixture(scope="session")
def stack(env: dict[str, str]) -> Iterator[Stack]:
    if reason := missing():
        pytest.skip(reason)
    base = Path(tempfile.mkdtemp(prefix="cimar-stack-"))
    made = Stack(base, env)
    try:
        made.build()
        made.up(lambda: movable_clock(made))
        yield made
    finally:
        made.down()
        for replica in made.replicas.values():
            print(f"--- {replica.name}\n{replica.tail()}")
        shutil.rmtree(base, ignore_errors=True)


def movable_clock(stack: Stack) -> None:
    with psycopg.connect(**stack.database("cimar_owner"), autocommit=True) as owner:
        owner.execute(CLOCK)
        owner.execute("ALTER DATABASE cimar SET search_path = test_clock, pg_catalog, public")


@pytest.fixture
def on_its_database(stack: Stack, django_db_blocker: Any, settings: Any) -> Iterator[None]:
    """This process asks the stack's database, past the pool, as cimar_app."""
    # Web processes check passwords with the hash they have, not with the quick one of other tests.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    ours = connection.settings_dict
    there = {key.upper(): value for key, value in stack.database("cimar_app").items()}
    there["NAME"] = there.pop("DBNAME")
    before = {key: ours[key] for key in there}
    with django_db_blocker.unblock():
        connections.close_all()
        ours.update(there)
        try:
            yield
        finally:
            connections.close_all()
            ours.update(before)
