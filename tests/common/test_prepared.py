"""Prepared statements: planned once a connection, seen by whatever counts statements, and off by one setting."""

import pytest
from django.db import connection, transaction

from common import prepared

pytestmark = pytest.mark.django_db

ADD = "SELECT %s::int + %s::int AS sum_of_two"


def kept() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%sum_of_two%'")
        return int(cursor.fetchone()[0])


def test_a_statement_is_planned_once_for_all_its_values():
    answers = [prepared.rows(ADD, [number, 1]) for number in range(8)]

    assert answers == [[(number + 1,)] for number in range(8)]
    assert kept() == 1


def test_with_the_setting_off_nothing_is_prepared(settings):
    settings.CIMAR_PREPARED_STATEMENTS = False

    assert prepared.rows(ADD, [2, 3]) == [(5,)]
    assert kept() == 0


def test_whatever_watches_statements_sees_them():
    seen = []

    def watch(execute, sql, *rest):
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        prepared.rows(ADD, [2, 3])

    assert seen == [ADD]


def test_other_statements_of_the_connection_are_not_kept():
    prepared.rows(ADD, [2, 3])
    for _ in range(8):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s AS sum_of_two", [1])

    assert kept() == 1
    assert connection.connection.prepare_threshold is None


@pytest.mark.django_db(transaction=True)
def test_after_a_transaction_was_undone_it_is_prepared_again():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        prepared.rows(ADD, [2, 3])
        raise ZeroDivisionError

    assert prepared.rows(ADD, [2, 4]) == [(6,)]


def test_a_failed_statement_leaves_the_connection_as_it_was():
    with pytest.raises(Exception, match="out of range"), transaction.atomic():
        prepared.rows(ADD, [2**31 - 1, 1])

    assert prepared.rows(ADD, [2, 5]) == [(7,)]
