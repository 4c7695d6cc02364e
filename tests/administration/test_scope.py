"""One account at a time: nothing in the administration shows, finds, names or changes another account's rows."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AccountMembership, Invitation, Role, User
from administration.page import AdminPage
from audit.models import AuditEvent
from sharing.models import Method, ShareRule
from sharing.services import add_share_rule, share_studies
from sharing.targets import Target
from tests.administering import token_and_machines
from tests.cast import Cast, acting
from tests.factories import membership_of, role_of
from tests.fingerprint import fingerprint
from worklists import services
from worklists.models import AccessToken, Destination, Sender, Worklist, WorklistMembership

pytestmark = pytest.mark.django_db

# Of Riverside's people, places and roles: what must never reach an administrator of Northgate.
THEIRS = (
    "Riverside",
    "Caro",
    "caro@example.org",
    "Rita",
    "rita@example.org",
    "Tide reader",
    "dora@river.test",
)
SCOPED = (
    AccessToken, AccountMembership, Account, Destination, Invitation, Role, Sender, ShareRule, Worklist,
    WorklistMembership,
)  # fmt: skip
BIGGEST = 2**62


@pytest.fixture
def riverside(cast: Cast) -> dict[Any, Any]:
    """A row of Riverside for every model of the administration."""
    share_studies(
        placements=[cast.other_placement.uuid],
        targets=[Target(Method.EMAIL, "dora@river.test")],
        by=acting(cast.caro),
    )
    machines = token_and_machines(cast.caro, cast.rita, cast.imaging, "Tide reader")
    role = services.add_role(account=cast.riverside, name="Tide reader", by=acting(cast.rita))
    services.change_worklist_member(
        membership=membership_of(cast.caro, cast.imaging), role=role, by=acting(cast.rita)
    )
    rule = add_share_rule(account=cast.riverside, allows=False, method="location", by=acting(cast.rita))
    return {
        **machines,
        ShareRule: rule,
        Role: role,
        AccountMembership: AccountMembership.objects.get(user=cast.caro),
        Worklist: cast.imaging,
        WorklistMembership: membership_of(cast.caro, cast.imaging),
        Account: cast.riverside,
        Invitation: Invitation.objects.get(account=cast.riverside),
    }


@pytest.fixture
def adam(cast: Cast, riverside: dict[Any, Any], client: Client) -> Client:
    cast.adam.refresh_from_db()
    client.force_login(cast.adam)
    return client


def named(model: Any, page: str) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"


def rows_of(model: Any) -> AdminPage:
    found = admin.site._registry[model]
    assert isinstance(found, AdminPage)
    return found


def names_in(response: Any) -> set[str]:
    page = response.content.decode()
    return {name for name in THEIRS if name in page}


def test_the_administration_shows_what_has_a_service_and_nothing_else() -> None:
    assert set(admin.site._registry) == {*SCOPED, User, AuditEvent}


# Lists


TYPED = ("", "riverside", "caro", "CARO@EXAMPLE.ORG", "rita", "tide", "river.test")
ACROSS = (
    "account__name__startswith",
    "role__account__name",
    "user__email__startswith",
    "user__password__startswith",
    "account__memberships__user__email",
)


def found_by(client: Client, asked: dict[str, Any]) -> dict[str, Any]:
    """What each list answers: its status, and which of the names that are not ours it holds."""
    answers = {
        model.__name__: client.get(reverse(named(model, "changelist")), asked, follow=True)
        for model in SCOPED
    }
    return {name: (response.status_code, names_in(response)) for name, response in answers.items()}


@pytest.mark.parametrize("typed", TYPED)
def test_no_search_finds_another_accounts_name(adam: Client, typed: str) -> None:
    assert found_by(adam, {"q": typed}) == {model.__name__: (200, set()) for model in SCOPED}


@pytest.mark.parametrize("lookup", ACROSS)
def test_a_lookup_across_a_key_is_no_question_a_list_answers(adam: Client, lookup: str) -> None:
    found = found_by(adam, {lookup: "River"})

    # The settings have no list: their one row answers.
    assert found == {**{model.__name__: (400, set()) for model in SCOPED}, "Account": (200, set())}


def test_no_list_is_of_another_account(adam: Client, cast: Cast) -> None:
    for lookup in ("account", "account__id__exact", "worklist__id__exact", "e"):
        found = found_by(adam, {lookup: cast.riverside.pk})
        assert set().union(*(names for _, names in found.values())) == set()


@pytest.mark.parametrize("model", [AccountMembership, WorklistMembership])
def test_a_filter_by_a_foreign_row_finds_what_a_filter_by_nothing_finds(
    adam: Client, riverside: dict[Any, Any], model: Any
) -> None:
    url = reverse(named(model, "changelist"))

    theirs = adam.get(url, {"role__id__exact": riverside[Role].pk})
    nobodys = adam.get(url, {"role__id__exact": BIGGEST})

    assert theirs.context["cl"].result_count == nobodys.context["cl"].result_count == 0


def test_popups_and_to_field_open_no_other_door(adam: Client) -> None:
    for asked in ({"_popup": "1"}, {"_to_field": "id"}, {"_popup": "1", "_to_field": "uuid"}):
        found = found_by(adam, asked)
        assert {status for status, _ in found.values()} <= {200, 400}
        assert set().union(*(names for _, names in found.values())) == set()


# One row


def pages_of_a_row() -> Iterator[tuple[Any, str]]:
    for model in SCOPED:
        rows = rows_of(model)
        for url in rows.get_urls():
            if url.name and "object_id" in url.pattern.converters:
                yield model, url.name


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "model, name", list(pages_of_a_row()), ids=lambda value: getattr(value, "__name__", value)
)
def test_an_edited_id_answers_as_one_that_does_not_exist(
    adam: Client, riverside: dict[Any, Any], model: Any, name: str, method: str
) -> None:
    data = {
        "post": "yes",
        "name": "Taken over",
        "active": "on",
        "role": role_of(riverside[Account], "Viewer").pk,
    }
    before = fingerprint()

    theirs = getattr(adam, method)(reverse(f"admin:{name}", args=[riverside[model].pk]), data)
    nobodys = getattr(adam, method)(reverse(f"admin:{name}", args=[BIGGEST]), data)

    assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content)
    assert theirs.status_code in (404, 405)
    assert fingerprint() == before


def test_what_is_no_id_is_nothing_there(adam: Client) -> None:
    for typed in ("x", "0", "-1", "1e3", "9" * 30, "9" * 5000, "٣", "1_2F", "%00"):
        answers = {
            adam.get(reverse(named(model, "changelist")) + f"{typed}/change/").status_code for model in SCOPED
        }
        assert (typed, answers) == (typed, {404})


# Choices


def foreign_keys() -> Iterator[tuple[Any, str]]:
    for model in admin.site._registry:
        for field in model._meta.get_fields():
            if field.many_to_one and field.concrete:
                yield model, field.name


@pytest.mark.parametrize("term", ["", "caro", "river", "rita", "tide"])
def test_no_autocomplete_offers_another_accounts_rows(adam: Client, term: str) -> None:
    keys = list(foreign_keys())
    assert keys
    for model, field in keys:
        asked = {
            "app_label": model._meta.app_label,
            "model_name": model._meta.model_name,
            "field_name": field,
        }
        response = adam.get(reverse("admin:autocomplete"), {**asked, "term": term})
        assert (response.status_code in (200, 403, 404), names_in(response)) == (True, set()), asked


def test_the_autocomplete_offers_the_accounts_own(adam: Client, cast: Cast) -> None:
    asked = {"app_label": "worklists", "model_name": "worklistmembership", "field_name": "user", "term": "an"}

    found = adam.get(reverse("admin:autocomplete"), asked).json()["results"]

    assert {row["id"]: row["text"] for row in found} == {
        str(cast.ana.pk): f"Ana ({cast.ana.email})",
        str(cast.nolan.pk): f"{cast.nolan.name} ({cast.nolan.email})",
    }


def test_a_role_of_another_account_is_no_choice(adam: Client, cast: Cast, riverside: dict[Any, Any]) -> None:
    membership = AccountMembership.objects.get(user=cast.ana)
    before = fingerprint()

    url = reverse(named(AccountMembership, "change"), args=[membership.pk])
    shown = adam.get(url)
    response = adam.post(url, {"role": riverside[Role].pk, "every_worklist": "on"})

    assert (names_in(shown), response.status_code) == (set(), 200)
    assert "Select a valid choice" in response.content.decode()
    assert fingerprint() == before
