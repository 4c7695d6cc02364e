"""Presets of notifications, several new members, and what ends with a person: in a browser, with axe and pictures."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import AccountMembership
from sharing.services import make_guest_link
from tests.browser.steps import Person, come, people
from tests.cast import Cast, acting, make_cast
from tests.days import day_of
from worklists.selectors import presets_of
from worklists.services import make_token

__all__ = ["come", "people"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Come = Callable[..., Person]


@pytest.fixture
def here(transactional_db: None) -> Cast:
    """Ana has a guest link and an access token."""
    cast = make_cast()
    make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana))
    day = day_of(30)
    make_token(by=acting(cast.ana), name="My Mac", worklists=[cast.ct.uuid], last_day=day)
    return cast


def test_an_administrator_sets_what_members_start_with(here: Cast, come: Come) -> None:
    adam = come(here.adam)
    adam.go(reverse("admin:worklists_worklist_change", args=[here.ct.pk]))
    adam.page.get_by_role("link", name="Notifications", exact=True).last.click()
    expect(adam.page.get_by_role("heading", name="What members start with")).to_be_visible()
    adam.look("notice-presets")

    adam.page.get_by_label("What I shared is opened for the first time").select_option(label="At once")
    adam.page.get_by_role("button", name="Save").click()

    expect(adam.page.get_by_text("The notifications of CT Reporting were saved.")).to_be_visible()
    assert presets_of(here.ct)["opened"] == "now"


def test_what_several_new_members_gain_is_shown_while_they_are_ticked(here: Cast, come: Come) -> None:
    adam = come(here.adam)
    adam.go(reverse("admin:worklists_worklist_members_add", args=[here.ct.pk]))

    adam.page.get_by_role("checkbox", name="Add Ben").check()

    expect(adam.page.get_by_text("Ben can then open 1 study on CT Reporting.")).to_be_visible()
    adam.look("members-add-effect")


def test_what_ends_with_a_person_is_shown_first(here: Cast, come: Come) -> None:
    ana = AccountMembership.objects.get(user=here.ana, account=here.northgate)
    pages = {
        "deactivate-in-account": (
            here.adam,
            reverse("admin:accounts_accountmembership_deactivate", args=[ana.pk]),
        ),
        "deactivate-on-platform": (here.sue, reverse("admin:accounts_user_deactivate", args=[here.ana.pk])),
        "leave-account": (here.ana, reverse("sharing:leave_account", args=[here.northgate.uuid])),
    }

    for name, (person, url) in pages.items():
        reader = come(person)
        reader.go(url)
        expect(reader.page.get_by_text("access token no longer reaches these worklists")).to_be_visible()
        reader.look(name)
