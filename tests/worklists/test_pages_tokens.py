"""The pages on which a person makes, reads and revokes access tokens."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import OutboxMail
from tests.administering import text
from tests.cast import Cast, acting
from tests.days import day_of
from tests.factories import PASSWORD
from worklists import services
from worklists.models import AccessToken

pytestmark = pytest.mark.django_db

LIST, NEW = "/profile/tokens/", "/profile/tokens/new/"


@pytest.fixture
def ana(client: Client, cast: Cast) -> Client:
    """Signed in a moment ago, so that nothing is asked again."""
    client.post("/sign-in/login/", {"login": cast.ana.email, "password": PASSWORD})
    client.post(f"/sign-in/reauthenticate/?next={NEW}", {"password": PASSWORD})
    return client


def filled(cast: Cast, **more: Any) -> dict[str, Any]:
    day = day_of(30)
    return {
        "name": "Reading script", "worklists": [str(cast.ct.uuid)], "scope": "read", "last_day": str(day), **more,
    }  # fmt: skip


def test_a_token_is_made_and_its_secret_shown_once(ana: Client, cast: Cast) -> None:
    assert "CT Reporting, Northgate Hospital" in text(ana.get(NEW))

    answer = ana.post(NEW, filled(cast))

    secret = answer.context["secret"]
    assert secret in text(answer)
    assert "no-store" in answer["Cache-Control"]
    by = services.actor_with_token(secret=secret, ip_address=None)
    assert by is not None
    assert by.may("open_study", cast.ct)
    listed = text(ana.get(LIST))
    assert "Reading script" in listed
    assert secret not in listed
    assert OutboxMail.objects.filter(kind="token_made").count() == 1
    assert "1 access token" in text(ana.get("/profile/"))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "Enter a name"),
        ({"worklists": []}, "Choose at least one worklist."),
        ({"worklists": ["x"]}, "no right on this worklist"),
        ({"last_day": ""}, "This field is required."),
        ({"last_day": "9999-12-31"}, "for a year at most"),
        ({"last_day": "2020-01-01"}, "today or later"),
        ({"scope": "share"}, "not one of the available choices"),
    ],
)
def test_a_wrong_form_comes_back_with_a_sentence(
    ana: Client, cast: Cast, wrong: dict[str, Any], sentence: str
) -> None:
    answer = ana.post(NEW, filled(cast, **wrong))

    assert answer.status_code == 422
    assert sentence in text(answer)
    assert not AccessToken.objects.exists()


def test_another_accounts_worklist_is_no_choice(ana: Client, cast: Cast) -> None:
    assert ana.post(NEW, filled(cast, worklists=[str(cast.imaging.uuid)])).status_code == 422
    assert not AccessToken.objects.exists()


def test_a_token_is_revoked_by_post_after_a_page_that_asks(ana: Client, cast: Cast) -> None:
    ana.post(NEW, filled(cast))
    url = reverse("worklists:revoke_token", args=[AccessToken.objects.get().uuid])

    assert "CT Reporting" in text(ana.get(url))
    assert AccessToken.objects.live().exists()
    assert ana.post(url).url == LIST

    assert not AccessToken.objects.live().exists()
    assert ana.get(url).status_code == 404
    assert "You have no access token." in text(ana.get(LIST))


def test_anothers_token_is_not_there(ana: Client, cast: Cast) -> None:
    made = services.make_token(
        by=acting(cast.ben), name="Ben's", worklists=[cast.emergency.uuid], last_day=day_of()
    )
    url = reverse("worklists:revoke_token", args=[made.token.uuid])

    assert ana.get(url).status_code == ana.post(url).status_code == 404
    assert "Ben's" not in text(ana.get(LIST))


def test_making_and_revoking_ask_for_the_password_again(client: Client, cast: Cast) -> None:
    client.force_login(cast.ana)

    for method in (client.get, client.post):
        assert method(NEW).url.startswith("/sign-in/reauthenticate/")
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("view", ["/studies/", "/profile/", LIST, "/admin/"])
@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "Token"])
def test_no_page_accepts_a_token(client: Client, cast: Cast, view: str, scheme: str) -> None:
    made = services.make_token(
        by=acting(cast.ana), name="Script", worklists=[cast.ct.uuid], last_day=day_of()
    )

    answer = client.get(view, headers={"Authorization": f"{scheme} {made.secret}"})

    assert answer.status_code == 302
    assert "/sign-in/" in answer.url
    assert client.get(f"/profile/?token={made.secret}").status_code == 302


def test_the_list_costs_the_same_for_many(
    ana: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        ana.post(NEW, filled(cast))
    with django_assert_max_num_queries(9):
        ana.get(LIST)
