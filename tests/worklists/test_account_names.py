"""The name of an account: no other account's, nothing that people could take for it, and not the site's own."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Account
from audit.actor import OPERATOR
from tests.cast import Cast
from tests.factories import make_account
from worklists import services

LOOKALIKES = [
    "Nоrthgate Hospital",  # a Cyrillic о
    "Νorthgate Hospital",  # a Greek Ν
    "North\u00adgate Hospital",
    "Northgate HospitaI",  # a capital i
    "N0rthgate Hospital",
    "NORTHGATE HОSPITAL",
    "Ｎｏｒｔｈｇａｔｅ　Ｈｏｓｐｉｔａｌ",
]


@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_name_that_looks_like_another_accounts_is_refused_and_names_it(cast: Cast, name: str) -> None:
    for attempt in (
        lambda: services.create_account(name=name, by=OPERATOR),
        lambda: services.change_account(account=cast.riverside, name=name, by=OPERATOR),
    ):
        with pytest.raises(ValidationError, match="“Northgate Hospital”"), transaction.atomic():
            attempt()
    assert Account.objects.count() == 2


@pytest.mark.parametrize("name", ["Southgаte", "Κent and Canterbury", "Hоme"])
def test_a_word_of_two_scripts_is_refused_also_where_it_looks_like_no_account(cast: Cast, name: str) -> None:
    with pytest.raises(ValidationError, match="mixes letters of different scripts"):
        services.create_account(name=name, by=OPERATOR)


@pytest.mark.parametrize("name", ["CIMAR", "СIMAR support", "System", "Someone"])
def test_the_sites_own_names_are_no_accounts(cast: Cast, name: str) -> None:
    with pytest.raises(ValidationError, match="kept for the site itself"):
        services.create_account(name=name, by=OPERATOR)


@pytest.mark.parametrize(
    "name", ["Больница № 1", "東京病院", "Νοσοκομείο", "Hôpital Saint-Louis", "Northgate Hospice"]
)
def test_other_names_in_any_script_are_accounts(cast: Cast, name: str) -> None:
    assert make_account(name).name == name


def test_an_account_may_be_spelt_anew(cast: Cast) -> None:
    assert services.change_account(account=cast.northgate, name="NORTHGATE  Hospital", by=OPERATOR).name == (
        "NORTHGATE Hospital"
    )
