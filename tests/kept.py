"""Rows that many tests begin with, made once and kept for the next test, in a transaction that is never committed.

The test's own transaction is then a savepoint in it. Where a test wants other rows, or real transactions, what was kept
is rolled back first. The Python objects are the test's own: each gets a copy of those that were made with the rows.
"""

import pickle
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from tests.cast import Cast, make_cast
from tests.plumbing import database

NEEDS_COMMITS = {
    "transactional_db",
    "live_server",
    "django_db_reset_sequences",
    "django_db_serialized_rollback",
    # VACUUM waits five seconds for each table that a kept transaction has written to.
    "vacuumed",
}


def _cast(_made: dict[str, Any]) -> Cast:
    return make_cast()


def _world(made: dict[str, Any]) -> SimpleNamespace:
    from tests.matrix import make_world

    return make_world(made["kept_cast"])


# Each with what it is made from before it.
MAKERS: dict[str, Callable[[dict[str, Any]], Any]] = {"kept_cast": _cast, "kept_world": _world}

# Each test leaves dead rows, which slow down the tests after it; a new database takes a third of a second.
TESTS_OF_A_DATABASE = 150


class Kept:
    """What is kept now, the lowest first: its transaction, and its objects together with those below."""

    def __init__(self) -> None:
        self.layers: list[tuple[str, transaction.Atomic, bytes]] = []
        self.connection = connections[DEFAULT_DB_ALIAS]
        self.tests = 0

    def keep(self, wanted: list[str]) -> None:
        """Roll back what this test does not begin with, and make what is missing."""
        here = connections[DEFAULT_DB_ALIAS]
        if here is not self.connection:
            # Beside a running event loop, as a browser brings one, Django has a connection of its own.
            self._abandon()
            self.connection = here
        if self.layers and (connection.connection is None or connection.closed_in_transaction):
            self._drop_to(0)
        self.tests += 1
        if wanted and self.tests > TESTS_OF_A_DATABASE:
            self._drop_to(0)
            database.start_over()
            self.tests = 0
        common = 0
        while self._names[common : common + 1] == wanted[common : common + 1] != []:
            common += 1
        self._drop_to(common)
        for name in wanted[common:]:
            self._make(name)

    def objects(self) -> dict[str, Any]:
        return pickle.loads(self.layers[-1][2]) if self.layers else {}

    @property
    def _names(self) -> list[str]:
        return [name for name, _, _ in self.layers]

    def _make(self, name: str) -> None:
        made = self.objects()
        atomic = transaction.atomic()
        atomic.__enter__()
        made[name] = MAKERS[name](made)
        # Deferred constraints are asked now, and not again in every test.
        connection.check_constraints()
        self.layers.append((name, atomic, pickle.dumps(made)))

    def _abandon(self) -> None:
        """On a connection that is no longer this test's, closing it rolls back."""
        left = self.connection
        if self.layers:
            left.close()
            left.connection, left.in_atomic_block, left.closed_in_transaction = None, False, False
            left.needs_rollback, left.savepoint_ids, left.atomic_blocks = False, [], []
        self.layers = []

    def _drop_to(self, number: int) -> None:
        while len(self.layers) > number:
            _, atomic, _ = self.layers.pop()
            connection.set_rollback(True)
            atomic.__exit__(None, None, None)


KEPT = Kept()


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> None:
    """Before pytest-django begins the test's transaction, and before a fixture that opens the database by itself."""
    if fixturedef.argname == "_django_db_helper":
        with request.getfixturevalue("django_db_blocker").unblock():
            KEPT.keep(_begins_with(request))
    elif KEPT.layers and "django_db_blocker" in fixturedef.argnames and _is_ours(fixturedef):
        with request.getfixturevalue("django_db_blocker").unblock():
            KEPT.keep([])


def _is_ours(fixturedef: pytest.FixtureDef[Any]) -> bool:
    """pytest-django's own fixtures, of which each test has some, write no rows before the test's transaction."""
    return not fixturedef.func.__module__.startswith("pytest_django")


def _begins_with(request: pytest.FixtureRequest) -> list[str]:
    """What is to be kept for the test; nothing where it commits, for then all of it would be."""
    marker = request.node.get_closest_marker("django_db")
    asked = [*marker.args, *marker.kwargs.values()] if marker else []
    if any(asked) or not NEEDS_COMMITS.isdisjoint(request.fixturenames):
        return []
    return [name for name in MAKERS if name in request.fixturenames]


@pytest.fixture
def kept_objects(db: None) -> dict[str, Any]:
    return KEPT.objects()


@pytest.fixture
def kept_cast(kept_objects: dict[str, Any]) -> Cast:
    return kept_objects.get("kept_cast") or make_cast()


@pytest.fixture
def kept_world(kept_objects: dict[str, Any], kept_cast: Cast) -> SimpleNamespace:
    return kept_objects.get("kept_world") or _world({"kept_cast": kept_cast})
