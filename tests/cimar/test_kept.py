"""What many tests begin with is made once, and each test leaves it as it was."""

from types import SimpleNamespace

import pytest
from django.db import connection

from accounts.models import User
from studies.models import Study
from tests.cast import Cast
from tests.kept import KEPT, TESTS_OF_A_DATABASE
from tests.matrix import world

__all__ = ["world"]

pytestmark = pytest.mark.django_db

# Rows that were made anew would have other numbers: no rollback gives a sequence's numbers back.
_studies: set[int] = set()
_databases: list[tuple[int]] = []


@pytest.mark.parametrize("turn", range(3))
def test_the_world_is_made_once_and_changes_are_taken_back(world: SimpleNamespace, turn: int) -> None:
    _studies.add(world.cast.study.pk)

    assert len(_studies) == 1
    assert User.objects.get(pk=world.cast.ana.pk).name == "Ana"
    User.objects.update(name="Somebody else")


def test_the_cast_alone_stands_without_the_world(cast: Cast) -> None:
    assert not hasattr(cast, "iris")
    assert Study.objects.filter(pk=cast.study.pk).exists()


@pytest.mark.parametrize("turn", range(3))
def test_after_many_tests_the_database_is_a_new_one(world: SimpleNamespace, turn: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        _databases.append(cursor.fetchone())

    assert len(set(_databases)) == turn + 1
    assert User.objects.get(pk=world.cast.ana.pk).name == "Ana"
    KEPT.tests = TESTS_OF_A_DATABASE
