"""The account that a person administers: who may come in, how one is chosen, and what superusers see."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AccountMembership, User
from administration.current_account import CHOSEN
from audit.actor import OPERATOR
from tests.administration.test_scope import adam, names_in, riverside
from tests.cast import Cast
from tests.factories import join, make_account, role_of
from worklists import access, services
from worklists.management import access_check

__all__ = ["adam", "riverside"]

pytestmark = pytest.mark.django_db


def test_the_account_is_chosen_among_ones_own(adam: Client, cast: Cast) -> None:
    choose = reverse("admin:choose_account")

    page = adam.get(choose)
    refused = adam.post(choose, {"account": cast.riverside.pk}, follow=True)

    assert names_in(page) == set()
    assert "You do not administer this account, or it does not exist." in refused.content.decode()
    assert CHOSEN not in adam.session


def test_an_account_in_the_session_counts_only_while_it_is_administered(adam: Client, cast: Cast) -> None:
    session = adam.session
    session[CHOSEN] = cast.riverside.pk
    session.save()

    response = adam.get(reverse("admin:accounts_role_changelist"))

    assert response.context["administered_account"] == cast.northgate
    assert names_in(response) == set()


def test_whoever_administers_two_accounts_switches_between_them(adam: Client, cast: Cast) -> None:
    join(cast.adam, cast.riverside, "Administrator")
    roles = reverse("admin:accounts_role_changelist")
    assert "Tide reader" not in adam.get(roles).content.decode()

    response = adam.post(reverse("admin:choose_account"), {"account": cast.riverside.pk, "next": roles})

    assert response["Location"] == roles
    assert "Tide reader" in adam.get(roles).content.decode()


def test_the_way_on_after_choosing_stays_on_this_site(adam: Client, cast: Cast) -> None:
    choose = reverse("admin:choose_account")

    response = adam.post(choose, {"account": cast.northgate.pk, "next": "https://elsewhere.example/"})

    assert response["Location"] == reverse("admin:index")


def test_what_one_may_no_longer_administer_is_closed_from_the_next_request(adam: Client, cast: Cast) -> None:
    assert adam.get(reverse("admin:index")).status_code == 200
    services.change_account_member(
        membership=AccountMembership.objects.get(user=cast.ben, account=cast.northgate),
        role=role_of(cast.northgate, "Administrator"),
        by=OPERATOR,
    )
    services.change_account_member(
        membership=AccountMembership.objects.get(user=cast.adam),
        role=role_of(cast.northgate, "Viewer"),
        by=OPERATOR,
    )

    assert adam.get(reverse("admin:index")).status_code == 403
    assert adam.get(reverse("admin:accounts_role_changelist")).status_code == 403


# Superusers


@pytest.fixture
def sue(cast: Cast, riverside: dict[Any, Any]) -> Client:
    client = Client()
    client.force_login(cast.sue)
    return client


def test_a_superuser_sees_every_account_and_no_study(sue: Client, cast: Cast) -> None:
    shown = sue.get(reverse("admin:accounts_role_changelist"), {"q": "Tide"})

    assert "Tide reader" in shown.content.decode()
    assert sue.get(reverse("studies:study", args=[cast.placement.uuid])).status_code == 404
    assert sue.get(reverse("studies:worklist", args=[cast.ct.uuid])).status_code == 404


def test_a_superuser_who_chose_an_account_sees_that_one(sue: Client, cast: Cast) -> None:
    sue.post(reverse("admin:choose_account"), {"account": cast.northgate.pk})
    assert "Tide reader" not in sue.get(reverse("admin:accounts_role_changelist")).content.decode()

    sue.post(reverse("admin:choose_account"), {"account": ""})
    assert "Tide reader" in sue.get(reverse("admin:accounts_role_changelist")).content.decode()


def test_on_the_whole_platform_an_account_is_chosen_before_anything_is_added(sue: Client) -> None:
    response = sue.get(reverse("admin:accounts_role_add"), follow=True)

    assert response.redirect_chain[0][0].startswith(reverse("admin:choose_account"))
    assert "Choose an account first" in response.content.decode()


# Who may come in


def test_staff_is_who_administers_an_account(cast: Cast) -> None:
    """Through every way there is to begin and to cease."""
    role = services.add_role(account=cast.northgate, name="Deputy", by=OPERATOR)
    member = AccountMembership.objects.get(user=cast.vera)

    def staff() -> bool:
        assert list(access_check.differences()) == []
        return User.objects.get(pk=cast.vera.pk).is_staff

    assert not staff()
    services.change_account_member(membership=member, role=role, by=OPERATOR)
    assert not staff()
    services.change_role(role=role, permissions=[access.ADMINISTER], by=OPERATOR)
    assert staff()
    services.deactivate_member_without_shares(membership=member, by=OPERATOR)
    assert not staff()
    services.reactivate_member(membership=member, by=OPERATOR)
    assert staff()
    services.change_role(role=role, permissions=["list_studies"], by=OPERATOR)
    assert not staff()
    services.change_role(role=role, permissions=[access.ADMINISTER], by=OPERATOR)
    join(cast.vera, cast.riverside, "Administrator")
    services.remove_member_without_shares(membership=member, by=OPERATOR)
    assert staff()
    services.remove_member_without_shares(
        membership=AccountMembership.objects.get(user=cast.vera, account=cast.riverside), by=OPERATOR
    )
    assert not staff()


def test_check_access_tells_of_staff_out_of_step(cast: Cast) -> None:
    User.objects.filter(pk=cast.vera.pk).update(is_staff=True)
    User.objects.filter(pk=cast.adam.pk).update(is_staff=False)

    assert set(access_check.differences()) == {
        f"User {cast.vera.pk} is staff, and administers nothing.",
        f"User {cast.adam.pk} is not staff, and is a superuser or administers an account.",
    }


def test_staff_alone_opens_nothing(cast: Cast, client: Client) -> None:
    User.objects.filter(pk=cast.vera.pk).update(is_staff=True)
    client.force_login(cast.vera)

    assert client.get(reverse("admin:index")).status_code == 403


def test_an_account_without_members_is_nobodys_door(cast: Cast, client: Client) -> None:
    make_account("Hill Surgery")
    client.force_login(cast.ana)

    assert client.get(reverse("admin:index")).status_code == 403
