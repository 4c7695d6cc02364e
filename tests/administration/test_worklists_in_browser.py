"""A worklist's administration in a browser: nothing for axe, nothing outside the policy, with and without script."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from audit.actor import OPERATOR
from sharing import services as sharing
from sharing.models import Method
from sharing.targets import Target
from tests.browser.steps import Person, come, people
from tests.cast import Cast, acting, make_cast
from tests.factories import join, make_role, make_study, make_user, membership_of, placement_of, role_of
from worklists import services

__all__ = ["come", "people"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Come = Callable[..., Person]


@pytest.fixture
def here(transactional_db: None) -> Cast:
    """CT Reporting with a default role, somebody with a role of their own, and more people than a page holds."""
    cast = make_cast()
    services.change_worklist(
        worklist=cast.ct, default_role=role_of(cast.northgate, "Viewer"), needs_approval=True,
        description="Reported within two hours, day and night", by=OPERATOR,
    )  # fmt: skip
    services.change_worklist_member(
        membership=membership_of(cast.ben, cast.emergency),
        role=make_role(cast.northgate, "Night reader"),
        by=OPERATOR,
    )
    for number in range(55):
        join(make_user(f"Reader {number:02}"), cast.northgate, "Radiologist", [cast.ct])
    for name in ("Phoebe Lund", "Anneliese von Hohenstein-Weißenburg"):
        join(make_user(name), cast.northgate, "Referring clinician")
    placement = placement_of(make_study(cast.imaging), cast.imaging).uuid
    sharing.share_studies(
        placements=[placement], targets=[Target(Method.CODE, "NORTHGATE")], by=acting(cast.caro)
    )
    return cast


def test_an_administrator_makes_a_worklist_and_puts_people_on_it(here: Cast, come: Come) -> None:
    adam = come(here.adam)
    adam.go(reverse("admin:worklists_worklist_changelist"))
    adam.look("admin-worklists")

    adam.page.get_by_role("link", name="Add a worklist").click()
    adam.page.get_by_label("Group").check()
    adam.page.get_by_label("Name").fill("Stroke MDT")
    adam.look("admin-worklist-add")
    adam.page.get_by_role("button", name="Save").click()
    adam.page.get_by_role("link", name="Stroke MDT").first.click()
    expect(adam.page.get_by_role("heading", level=1, name="Stroke MDT")).to_be_visible()
    adam.page.get_by_role("link", name="Members", exact=True).click()
    adam.page.get_by_role("link", name="Add members").click()
    adam.page.get_by_label("Find people of the account").fill("pho")
    adam.page.get_by_role("button", name="Find").click()
    adam.page.get_by_label("Add Phoebe Lund").check()
    adam.page.get_by_label("Role here").select_option(label="Viewer")
    adam.look("admin-worklist-members-add")
    adam.page.get_by_role("button", name="Add selected people").click()

    expect(adam.page.get_by_role("row", name="Phoebe Lund")).to_contain_text("own role on this worklist")


def test_the_members_of_a_worklist_with_their_roles_and_why(here: Cast, come: Come) -> None:
    adam = come(here.adam)
    adam.go(reverse("admin:worklists_worklist_change", args=[here.ct.pk]))
    adam.look("admin-worklist")
    adam.page.get_by_role("link", name="Members", exact=True).click()
    adam.look("admin-worklist-members")
    adam.page.get_by_label("Find").fill("ina")
    adam.page.get_by_role("button", name="Find").click()
    expect(adam.page.get_by_role("row", name="Ina")).to_contain_text("No access")
    adam.page.get_by_role("link", name="Through “Every worklist”").click()
    expect(adam.page.get_by_role("row", name="Adam")).to_contain_text("through “Every worklist”")
    adam.look("admin-worklist-everywhere")

    adam.go(reverse("admin:worklists_worklist_members", args=[here.ct.pk]) + "?q=vera")
    adam.page.get_by_role("link", name="Change role").click()
    adam.look("admin-worklist-member")
    adam.page.get_by_label("Role here").select_option(label="Radiologist")
    adam.page.get_by_role("button", name="Save").click()
    adam.page.get_by_label("Find").fill("vera")
    adam.page.get_by_role("button", name="Find").click()
    expect(adam.page.get_by_role("row", name="Vera")).to_contain_text("own role on this worklist")
    adam.page.get_by_role("link", name="Remove …").click()
    expect(adam.page.get_by_text("loses 15 permissions")).to_be_visible()
    adam.look("admin-worklist-take-off")


def test_a_code_is_changed_after_a_warning_and_printed_on_a_card(here: Cast, come: Come) -> None:
    adam = come(here.adam)
    adam.go(reverse("admin:worklists_worklist_code", args=[here.emergency.pk]))
    expect(adam.page.get_by_text("It was used for 1 share in the last 90 days")).to_be_visible()
    adam.look("admin-code")
    adam.page.get_by_label("Use your own code", exact=True).check()
    adam.page.get_by_label("Your own code", exact=True).fill("northgate 2027")
    adam.page.get_by_role("button", name="Change the code …").click()
    expect(adam.page.get_by_text("NORTHGATE stops working at once")).to_be_visible()
    adam.look("admin-code-warning")
    adam.page.get_by_role("button", name="Change the code").click()
    adam.page.get_by_role("link", name="Card to print").click()

    expect(adam.page.get_by_role("img", name="QR code that opens the share code")).to_be_visible()
    adam.look("admin-code-card")
    adam.page.emulate_media(media="print")
    expect(adam.page.get_by_role("navigation")).to_have_count(0)
    adam.photograph(adam.pictures / "admin-code-card-print.png")


def test_a_worklist_that_studies_call_home_says_why_it_stays(here: Cast, come: Come) -> None:
    adam = come(here.adam)
    adam.go(reverse("admin:worklists_worklist_delete", args=[here.ct.pk]))
    expect(adam.page.get_by_text("holds the original of 1 study, so it cannot be deleted")).to_be_visible()
    adam.look("admin-worklist-stays")
    adam.go(reverse("admin:worklists_worklist_delete", args=[here.chest.pk]))
    adam.look("admin-worklist-delete")


def test_all_of_it_works_without_script(here: Cast, come: Come) -> None:
    adam = come(here.adam, script=False)
    adam.go(reverse("admin:worklists_worklist_members_add", args=[here.chest.pk]) + "?q=phoebe")
    adam.page.get_by_label("Add Phoebe Lund").check()
    adam.page.get_by_role("button", name="Add selected people").click()
    expect(adam.page.get_by_role("row", name="Phoebe Lund")).to_contain_text("account role")
