"""Sharing rules, a leaver, and what a change means, in a browser: with axe, light and dark, wide and on a telephone."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from tests.browser.steps import Person, come, people
from tests.cast import Cast, acting, make_cast
from tests.factories import make_study, placement_of

__all__ = ["come", "people"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Come = Callable[..., Person]


@pytest.fixture
def here(transactional_db: None) -> Cast:
    """Ana shared with an unregistered person, with Ed, and with a group."""
    cast = make_cast()
    for email in ("dora@example.net", cast.ed.email):
        at_home = placement_of(make_study(cast.ct), cast.ct).uuid
        targets = [Target(Method.EMAIL, email), Target(Method.GROUP, str(cast.chest.uuid))]
        share_studies(placements=[at_home], targets=targets, by=acting(cast.ana))
    return cast


def test_an_administrator_adds_a_rule_after_reading_what_it_means(here: Cast, come: Come) -> None:
    adam = come(here.adam)
    adam.go(reverse("admin:index"))
    adam.page.get_by_role("navigation", name="Administration").get_by_role(
        "link", name="Sharing rules"
    ).click()
    adam.look("rules-none")
    adam.page.get_by_role("link", name="Add a rule").click()
    adam.page.get_by_role("combobox", name=re.compile("^By")).select_option(label="Email")
    adam.page.get_by_role("combobox", name=re.compile("^With")).select_option(
        label="Anyone outside this account"
    )
    adam.page.get_by_label("Reason").fill("Use the referral portal")
    adam.look("rule-form")

    adam.page.get_by_role("button", name="Show what the rule means").click()
    expect(adam.page.get_by_text("2 would be refused: Email 2")).to_be_visible()
    adam.look("rule-effect")
    adam.page.get_by_role("button", name="Save the rule").click()

    expect(adam.page.get_by_role("row").filter(has_text="Use the referral portal")).to_be_visible()
    adam.look("rules")

    ana = come(here.ana)
    ana.open_worklist("CT Reporting")
    ana.share("Quill, Hazel")
    ana.dialog.get_by_label("Type an email address").fill("dora@example.net")
    ana.dialog.get_by_role("button", name="Add", exact=True).click()
    expect(ana.dialog.get_by_text("does not allow this share: Use the referral portal")).to_be_visible()


def test_someone_leaves_and_their_shares_are_taken_over(here: Cast, come: Come) -> None:
    adam = come(here.adam)
    adam.go(reverse("admin:accounts_accountmembership_changelist"))
    adam.page.get_by_role("link", name="Ana", exact=True).click()
    adam.page.get_by_label("Every worklist").check()
    expect(adam.page.get_by_text("No one gains or loses a study.")).to_be_visible()
    adam.look("effect-on-studies")
    adam.page.get_by_role("link", name="Remove from the account").click()
    expect(adam.page.get_by_text("Ana can no longer open 3 studies on CT Reporting.")).to_be_visible()
    adam.look("leaver")
    adam.page.get_by_role("button", name="Remove").click()

    adam.go(reverse("admin:accounts_account_change", args=[here.northgate.pk]))
    adam.page.get_by_role("link", name="Shares of people who left").click()
    adam.look("left-shares")
    adam.page.get_by_label("Shares of", exact=True).select_option(label="Ana")
    adam.page.get_by_label("Taken over by").select_option(label="Adam")
    adam.page.get_by_role("button", name="Take over the shares").click()
    expect(adam.page.get_by_text("Adam has taken over 4 shares.")).to_be_visible()

    adam.go(reverse("sharing:shares_taken_over"))
    expect(adam.page.get_by_role("link", name="Change the share with dora@example.net")).to_be_visible()
    adam.look("shares-taken-over")
