"""Preparing a database that is in use: a migration never holds up the people who use it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from cimar.installation import CHECKOUT
from cimar.management.commands.prepare import PREPARE_LOCK
from tests.plumbing import database

pytestmark = pytest.mark.slow

AT_ONCE = 3  # seconds: the longest wait of a migration, and what a busy machine adds


@pytest.fixture
def behind(process_env: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment of a database whose newest migration of the studies is still to come."""
    name = f"{connection.settings_dict['NAME']}_behind"
    database.create(name, database.template())
    environment = {**process_env, "CIMAR_DATABASE_NAME": name}
    (newest,) = [name for app, name in MigrationLoader(None).graph.leaf_nodes("studies")]
    assert newest != "0003_law"
    manage("migrate", "studies", "0003", "--verbosity", "0", environment=environment).communicate()
    yield environment
    database.drop(name)


def manage(*arguments: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.django_db(transaction=True)
def test_a_table_in_use_is_waited_for_without_holding_up_others(behind: dict[str, str]) -> None:
    name = behind["CIMAR_DATABASE_NAME"]
    with database.owner(name) as busy, database.owner(name) as reader:
        with busy.transaction():
            # Somebody's long transaction that wrote a study.
            busy.execute("UPDATE studies_study SET description = description")
            busy.execute("LOCK TABLE studies_study IN ROW EXCLUSIVE MODE")
            prepare = manage("prepare", "--verbosity", "0", environment=behind)
            first: Any = prepare.stdout.readline()
            begun = time.monotonic()
            reader.execute("UPDATE studies_study SET description = description WHERE id < 0")
            waited = time.monotonic() - begun
        rest, _ = prepare.communicate(timeout=60)

    assert first.strip() == "A table is in use for longer than 1s; trying again in 2 s."
    assert waited < AT_ONCE
    assert prepare.returncode == 0, rest
    with database.owner(name) as owner:
        assert owner.execute("SELECT count(*) FROM studies_leftover").fetchone()[0] == 0


@pytest.mark.django_db(transaction=True)
def test_two_that_prepare_at_once_do_so_one_after_the_other(behind: dict[str, str]) -> None:
    name = behind["CIMAR_DATABASE_NAME"]
    with database.owner(name) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [PREPARE_LOCK])
        both = [manage("prepare", "--verbosity", "0", environment=behind) for _ in range(2)]
        waiting: Any = [one.stdout.readline().strip() for one in both]
        before = other.execute("SELECT to_regclass('studies_leftover')").fetchone()[0]
        other.execute("SELECT pg_advisory_unlock(%s)", [PREPARE_LOCK])
        outputs = [one.communicate(timeout=60)[0] for one in both]

    assert waiting == ["Another prepare is running on this database; waiting for it."] * 2
    assert before is None
    assert [one.returncode for one in both] == [0, 0], outputs


def test_a_database_that_cannot_be_reached_is_said_in_a_sentence(process_env: dict[str, str]) -> None:
    nowhere = {**process_env, "CIMAR_DATABASE_NAME": "no_such_database"}

    prepare = manage("prepare", environment=nowhere)
    said, _ = prepare.communicate(timeout=60)

    assert prepare.returncode == 1
    assert "Traceback" not in said
    assert "(secret database_owner_password) has to be the one that PostgreSQL has" in said
