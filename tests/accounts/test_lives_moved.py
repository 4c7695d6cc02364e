"""What accounts said of the life of guest links in columns of their own is said by their policies after the upgrade."""

from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from accounts.models import Account, LifePolicy
from tests.cast import Cast

FORWARDS = import_module("accounts.migrations.0023_lives_of_guest_links").FORWARDS

CASES = [
    ((7, 30), None, None),
    ((3, 60), None, (3, 60)),
    ((40, 20), None, (20, 20)),
    ((7, 30), (3, 60), (3, 30)),
    ((7, 30), (None, 10), (7, 10)),
    ((20, 90), (None, None), (20, 90)),
    ((20, 90), (None, 10), (10, 10)),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("columns", "policy", "after"), CASES)
def test_the_stricter_number_stays(cast: Cast, columns: Any, policy: Any, after: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_account SET guest_link_preset_days = %s, guest_link_days = %s WHERE id = %s",
            [*columns, cast.northgate.pk],
        )
        if policy is not None:
            LifePolicy.objects.create(
                account=cast.northgate, method="guest_link", preset_days=policy[0], longest_days=policy[1]
            )

        cursor.execute(FORWARDS)

    kept = LifePolicy.objects.filter(account=cast.northgate).values_list("preset_days", "longest_days")
    assert list(kept) == ([] if after is None else [after])
    assert not LifePolicy.objects.filter(account__in=Account.objects.exclude(pk=cast.northgate.pk)).exists()
