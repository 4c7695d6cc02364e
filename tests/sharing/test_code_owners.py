"""Beside a share code that is read back stands what its owner cannot choose."""

import pytest
from django.test import Client

from accounts.models import Account
from audit.actor import OPERATOR
from tests.cast import Cast, acting
from tests.sharing.dialog_pages import check, text
from worklists.services import change_account, confirm_account
from worklists.services.personal import change_personal_code


def test_beside_a_code_stands_what_its_owner_cannot_choose(client: Client, cast: Cast) -> None:
    Account.objects.filter(pk=cast.riverside.pk).update(
        name_confirmed_at=None, domain="riverside.example", town="Oxbow"
    )
    code = change_personal_code(by=acting(cast.ed), new=True).share_code
    client.force_login(cast.ana)

    page = text(check(client, cast, "share-codes", new_code=f"RIVERSIDE, {code}"))

    assert "Oxbow, riverside.example, not confirmed by CIMAR" in page
    assert "a person with an email address at example.org" in page


def test_what_the_platform_has_confirmed_is_said_and_an_account_cannot_say_it_itself(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.ana)
    before = text(check(client, cast, "share-codes", new_code="RIVERSIDE"))
    confirm_account(account=cast.riverside, domain="Riverside.Example", town="Oxbow", by=OPERATOR)
    change_account(account=cast.riverside, name="Northgate Trust", by=acting(cast.rita))

    after = text(check(client, cast, "share-codes", new_code="RIVERSIDE"))

    assert "confirmed by CIMAR" in before and "not confirmed by CIMAR" not in before
    assert "Riverside Clinic — Riverside Imaging" in after and "Northgate Trust" not in after
    assert "Oxbow, riverside.example, confirmed by CIMAR" in after


@pytest.mark.parametrize("code", ["NOSUCHCODE", "RIVERSID"])
def test_of_an_unknown_code_nothing_is_said(client: Client, cast: Cast, code: str) -> None:
    client.force_login(cast.ana)
    assert "confirmed by CIMAR" not in text(check(client, cast, "share-codes", new_code=code))
