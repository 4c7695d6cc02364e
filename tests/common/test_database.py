"""A kept connection: not asked again a moment after it was answered, and replaced where the server has hung up."""

from typing import Any

import psycopg
import pytest
from django.db import connection

from cimar.installation import APP_ROLE
from tests.plumbing import PLACES

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept() -> Any:
    """The connection between two requests: the second one is to find out whether it is still there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [process] = cursor.fetchone()
    connection.health_check_enabled = True
    connection.health_check_done = False
    connection.close_if_health_check_failed()
    connection.health_check_done = False
    yield process
    connection.health_check_enabled = False


def beside() -> psycopg.Connection[Any]:
    """Another session of the same role, which may watch and end the first one's."""
    name = connection.settings_dict["NAME"]
    return psycopg.connect(host=str(PLACES.sockets), user=APP_ROLE, dbname=name, autocommit=True)


def last_statement_of(process: int) -> str:
    with beside() as other:
        [statement] = other.execute(
            "SELECT query FROM pg_stat_activity WHERE pid = %s", [process]
        ).fetchone() or [""]
    return str(statement)


def end(process: int) -> None:
    with beside() as other:
        assert other.execute("SELECT pg_terminate_backend(%s, 5000)", [process]).fetchone() == (True,)


def process_now() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid() AS this_process")
        return int(cursor.fetchone()[0])


def test_it_is_not_asked_a_moment_later(kept: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'of the request before'")
    connection.health_check_done = False

    connection.close_if_health_check_failed()

    assert "of the request before" in last_statement_of(kept)
    assert process_now() == kept


def test_after_a_while_it_is_asked(kept: int) -> None:
    connection._answered_at -= 60

    connection.close_if_health_check_failed()

    assert last_statement_of(kept) == "SELECT 1"
    assert process_now() == kept


def test_where_the_server_has_ended_the_session_another_is_begun(kept: int) -> None:
    end(kept)

    connection.close_if_health_check_failed()

    assert process_now() != kept


def test_after_an_error_it_is_asked(kept: int) -> None:
    connection.errors_occurred = True
    end(kept)

    assert not connection.is_usable()
