"""A name that waits: superusers have a mail of it, not one for each try, and confirm the name that they have read."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.mail import NothingToSend
from accounts.models import Account, OutboxMail
from tests.cast import Cast, acting
from worklists import mail, services
from worklists.services.account_names import MOST_MAILS

pytestmark = pytest.mark.django_db
KIND = "account_name_waits"


def ask(cast: Cast, name: str) -> None:
    services.change_account(account=cast.northgate, name=name, by=acting(cast.adam))


def mails() -> list[OutboxMail]:
    return list(OutboxMail.objects.filter(kind=KIND).order_by("pk"))


def test_each_superuser_has_one_mail_of_a_name_that_waits(cast: Cast) -> None:
    ask(cast, "Northgate Trust")
    ask(cast, "Northgate Trust")
    ask(cast, "Northgate Foundation")

    [row] = mails()
    message = mail.account_name_waits(row)

    assert (row.recipient, row.data) == (cast.sue.email, {"account": cast.northgate.pk})
    for text in (message.text, message.html):
        assert "Northgate Hospital" in text and "Northgate Foundation" in text
        assert f"/admin/accounts/account/{cast.northgate.pk}/identity/" in text


@pytest.mark.parametrize("taken_back", [True, False])
def test_nothing_is_sent_of_a_name_that_no_longer_waits(cast: Cast, taken_back: bool) -> None:
    ask(cast, "Northgate Trust")
    if taken_back:
        ask(cast, "Northgate Hospital")
    else:
        services.decline_account_name(account=cast.northgate, by=acting(cast.sue))

    with pytest.raises(NothingToSend):
        mail.account_name_waits(mails()[0])


def test_deactivated_superusers_and_administrators_have_none(cast: Cast) -> None:
    services.set_active(user=cast.sue, active=False, by=acting(cast.sue))

    ask(cast, "Northgate Trust")

    assert mails() == []


@given(names=st.lists(st.sampled_from(["Northgate Trust", "Northgate Hospital", "Northgate Foundation"])))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_often_an_account_asks_the_mails_of_a_day_are_few(cast: Cast, names: list[str]) -> None:
    OutboxMail.objects.all().delete()
    for name in names * 3:
        ask(cast, name)

    assert len(mails()) <= MOST_MAILS


def test_on_another_day_there_is_a_mail_again(cast: Cast, clock: Any) -> None:
    for _ in range(MOST_MAILS + 1):
        ask(cast, "Northgate Trust")
        ask(cast, "Northgate Hospital")
    assert len(mails()) == MOST_MAILS
    clock.move(days=2)

    ask(cast, "Northgate Trust")

    assert len(mails()) == MOST_MAILS + 1


def test_the_platforms_own_change_waits_for_no_one(cast: Cast) -> None:
    services.change_account(account=cast.northgate, name="Northgate Trust", by=acting(cast.sue))

    assert mails() == []


def test_a_name_asked_for_after_the_page_was_read_is_not_confirmed(cast: Cast) -> None:
    ask(cast, "Northgate Trust")
    ask(cast, "Royal Northgate")

    with pytest.raises(ValidationError, match="changed meanwhile"):
        services.confirm_account(
            account=cast.northgate, asked="Northgate Trust", domain="", town="", by=acting(cast.sue)
        )

    assert Account.objects.get(pk=cast.northgate.pk).name == "Northgate Hospital"
    services.confirm_account(
        account=cast.northgate, asked="Royal Northgate", domain="", town="", by=acting(cast.sue)
    )
    assert Account.objects.get(pk=cast.northgate.pk).name == "Royal Northgate"


def test_a_page_from_before_any_name_was_asked_for_confirms_none(cast: Cast) -> None:
    ask(cast, "Royal Northgate")

    with pytest.raises(ValidationError, match="changed meanwhile"):
        services.confirm_account(account=cast.northgate, asked="", domain="", town="", by=acting(cast.sue))
