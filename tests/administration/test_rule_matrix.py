"""The pages of an account's sharing rules: every address × every person of the cast, and what they say."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sharing import services
from sharing.models import Method, ShareRule
from sharing.services import share_studies
from sharing.targets import Target
from tests.administering import adam, text
from tests.administration.test_people_matrix import everybodys, own
from tests.cast import Cast, acting
from tests.fingerprint import fingerprint
from tests.matrix import FOUND, OK, Row, asked_by_everyone, left_by_refusals, world

__all__ = ["adam", "world"]

pytestmark = pytest.mark.django_db

RULES = "sharing_sharerule"


@pytest.fixture
def rule_of_each_account(world: SimpleNamespace) -> None:
    cast = world.cast
    for account, by in ((cast.northgate, cast.adam), (cast.riverside, cast.rita)):
        services.add_share_rule(account=account, allows=False, method="email", by=acting(by))


def ours(world: SimpleNamespace) -> list[Any]:
    return [ShareRule.objects.get(account=world.cast.northgate).pk]


def a_rule(world: SimpleNamespace) -> dict[str, Any]:
    return {"verdict": "forbid", "to": "outside"}


def confirmed(world: SimpleNamespace) -> dict[str, Any]:
    return {**a_rule(world), "_confirmed": "1"}


ROWS = [
    everybodys(f"{RULES}_changelist", "get", {OK: "adam rita sue"}),
    everybodys(f"{RULES}_add", "get", {OK: "adam rita", FOUND: "sue"}),
    everybodys(
        f"{RULES}_add", "post", {OK: "adam rita", FOUND: "sue"}, data=a_rule, note="its meaning first"
    ),
    everybodys(f"{RULES}_add", "post", {FOUND: "adam rita sue"}, data=confirmed),
    own(f"{RULES}_change", "get", ours, OK),
    own(f"{RULES}_change", "post", ours, OK, data=a_rule, note="its meaning first"),
    own(f"{RULES}_change", "post", ours, FOUND, data=confirmed),
    own(f"{RULES}_history", "get", ours, OK),
    own(f"{RULES}_delete", "get", ours, OK),
    own(f"{RULES}_delete", "post", ours, FOUND),
]


@pytest.mark.usefixtures("rule_of_each_account")
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_each_person_gets_what_the_matrix_says(world: SimpleNamespace, row: Row) -> None:
    answers = asked_by_everyone(world, row)

    assert answers.found == row.expected()
    assert answers.left == left_by_refusals(row)


def at(page: str, *args: Any) -> str:
    return reverse(f"admin:{RULES}_{page}", args=args)


def share_by_email(cast: Cast) -> None:
    dora = [Target(Method.EMAIL, "dora@example.net")]
    share_studies(placements=[cast.placement.uuid], targets=dora, by=acting(cast.ana))


def test_a_rule_is_saved_after_the_page_that_says_what_it_means(cast: Cast, adam: Client) -> None:
    share_by_email(cast)
    typed = {"verdict": "forbid", "method": "email", "to": "outside", "reason": "Use the portal"}
    before = fingerprint()

    shown = text(adam.post(at("add"), typed))

    assert "Of the shares of the last 30 days, 1 would be refused: Email 1." in shown
    assert "No one gains or loses a study: what is shared already stays shared." in shown
    assert "1 of 1" in shown
    assert set(fingerprint().keys()) == set(before.keys())
    assert not ShareRule.objects.exists()

    saved = adam.post(at("add"), {**typed, "_confirmed": "1"}, follow=True)

    assert "Anyone outside this account" in text(saved)
    rule = ShareRule.objects.get()
    assert (rule.allows, rule.method, rule.to, rule.reason) == (False, "email", "outside", "Use the portal")


def test_a_rule_that_was_shown_can_be_changed_again_with_what_was_typed(cast: Cast, adam: Client) -> None:
    page = adam.post(
        at("add"), {"verdict": "allow", "to": "domain", "to_domain": "hospital.example", "_again": "1"}
    )

    assert page.status_code == 200
    assert 'value="hospital.example"' in page.content.decode()
    assert not ShareRule.objects.exists()


def test_a_rule_that_cannot_be_saved_is_refused_at_its_field(cast: Cast, adam: Client) -> None:
    page = adam.post(at("add"), {"verdict": "forbid", "to": "account", "share_code": "NOSUCHCODE"})

    assert "No worklist has this share code." in text(page)
    assert 'aria-invalid="true"' in page.content.decode()


def test_the_list_has_the_rules_in_their_order_and_deleting_says_what_it_means(
    cast: Cast, adam: Client
) -> None:
    share_by_email(cast)
    by = acting(cast.adam)
    email = services.add_share_rule(account=cast.northgate, allows=False, method="email", by=by)
    services.add_share_rule(
        account=cast.northgate, allows=True, to="account", share_code="RIVERSIDE", position=1, by=by
    )

    listed = text(adam.get(at("changelist")))
    asked = text(adam.get(at("delete", email.pk)))

    assert listed.index("Riverside Clinic") < listed.index("Forbid")
    assert "1 would no longer be refused: Email 1" in asked
