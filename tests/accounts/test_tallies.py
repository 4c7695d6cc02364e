"""Counts against a limit: exact however many count at once, and no refusal left behind by whoever dies."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Tally
from accounts.services import tallies
from cimar.embedded import processes
from tests.overlap import PATIENCE, Contender, _waiting, at_once
from tests.plumbing import database

pytestmark = pytest.mark.django_db

KEY = "addresses of person 1"
HOUR = timedelta(hours=1)


def consume(amount: int = 1, *, key: str = KEY, limit: int = 10) -> bool:
    return tallies.consume(key=key, amount=amount, limit=limit, per=HOUR)


def counted() -> int:
    return Tally.objects.get(key=KEY).count


def test_the_limit_is_reached_and_not_passed() -> None:
    assert [consume(4), consume(4), consume(2), consume(1)] == [True, True, True, False]
    assert counted() == 10


def test_what_is_more_than_is_left_is_not_counted_at_all() -> None:
    assert not consume(11)
    assert not Tally.objects.exists()
    assert consume(8)
    assert not consume(3)
    assert counted() == 8
    assert consume(2)


def test_one_keys_count_is_not_anothers() -> None:
    assert consume(10)
    assert consume(10, key="addresses of person 2")


def test_nothing_is_always_allowed() -> None:
    assert consume(10)
    assert consume(0)


def test_a_window_ends_and_the_next_begins_with_the_next_count(clock: database.Clock) -> None:
    assert consume(10)
    clock.move(minutes=59)
    assert not consume()
    clock.move(minutes=1)
    assert consume(3)
    assert counted() == 3
    clock.move(minutes=59)
    assert not consume(8)
    assert Tally.objects.count() == 1


def test_refusals_do_not_make_a_window_longer(clock: database.Clock) -> None:
    consume(10)
    clock.move(minutes=30)
    consume()
    clock.move(minutes=30)

    assert consume()


def test_many_are_counted_in_one_statement() -> None:
    for amount in (1, 200):
        with CaptureQueriesContext(
            connection,
        ) as captured:
            consume(amount, limit=1000)
        assert len(captured) == 1


@pytest.mark.django_db(transaction=True)
def test_those_who_count_at_once_are_all_counted_and_none_passes_the_limit() -> None:
    for number in range(8):
        key = f"round {number}"

        answers = at_once([lambda key=key: consume(3, key=key, limit=10)] * 6)

        assert sorted(answers) == [False] * 3 + [True] * 3
        assert Tally.objects.get(key=key).count == 9


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", [0, 4])
def test_whoever_is_killed_while_counting_leaves_neither_a_count_nor_a_lock(before: int) -> None:
    consume(before)
    name = connection.settings_dict["NAME"]
    waits = Contender(lambda: consume(10 - before))
    with database.owner(name) as look, database.owner(name) as holder:
        holder.execute("BEGIN")
        holder.execute(tallies.COUNT, {"key": KEY, "amount": 6, "limit": 10, "per": HOUR})
        waits.start()
        assert processes.wait(lambda: _waiting(look) == 1, PATIENCE), waits.came_of_it

        look.execute("SELECT pg_terminate_backend(%s)", [holder.info.backend_pid])

        assert waits.result() is True
        with pytest.raises(psycopg.OperationalError):
            holder.execute("SELECT 1")
    assert counted() == 10
