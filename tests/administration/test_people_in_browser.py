"""People, invitations and settings in a browser: nothing for axe or outside the policy, with and without script."""

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import AccountMembership, Invitation
from audit.actor import OPERATOR
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from tests.browser.steps import Person, come, people
from tests.cast import Cast, acting, make_cast
from tests.factories import join, make_study, make_user, membership_of, placement_of, role_of
from worklists import services
from worklists.services import MembershipOffer

__all__ = ["come", "people"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Come = Callable[..., Person]

TEN_WITH_TWO_BAD = """email;role;worklists;every_worklist
imogen.ashdown@northgate.example;Radiologist;"CT Reporting; Emergency = Viewer";no
tobias.brandt@northgate.example;Radiologist;CT Reporting;no
caro@example.org;Viewer;Chest Clinic;no
yusuf.demir@northgate.example;Referring clinician;Emergency;no
head.of.imaging@northgate.example;Administrator;;yes
priya.nair@northgate;Radiologist;CT Reporting;no
olek.wojcik@northgate.example;Chief radiologist;CT Reporting;no
mei.lin@northgate.example;Viewer;"Cardiology MDT; Chest Clinic";no
samuel.osei@northgate.example;Viewer;Emergency;no
ines.duarte@northgate.example;Radiologist;Emergency;no
"""


@pytest.fixture
def here(transactional_db: None) -> Cast:
    """Ben has physician shares and shared one on, a role of his own on a worklist, and every worklist."""
    cast = make_cast()
    carl = make_user("Carl Lindqvist")
    join(carl, cast.northgate, "Administrator", every_worklist=True)
    for number in range(30):
        join(make_user(f"Reader {number:02}"), cast.northgate, "Radiologist", [cast.ct])
    for _ in range(3):
        study = make_study(cast.ct)
        at_home = placement_of(study, cast.ct).uuid
        share_studies(
            placements=[at_home], targets=[Target(Method.PHYSICIAN, str(cast.ben.uuid))], by=acting(cast.ana)
        )
    his = placement_of(study, cast.ben.personal_worklist).uuid
    share_studies(placements=[his], targets=[Target(Method.GROUP, str(cast.chest.uuid))], by=acting(cast.ben))
    services.change_worklist_member(
        membership=membership_of(cast.ben, cast.emergency),
        role=role_of(cast.northgate, "Viewer"),
        by=OPERATOR,
    )
    ben = AccountMembership.objects.get(user=cast.ben)
    services.change_account_member(membership=ben, every_worklist=True, by=OPERATOR)
    offer = MembershipOffer("dora@example.net", role_of(cast.northgate, "Viewer"), ((cast.ct, None),))
    services.invite_members(account=cast.northgate, offers=[offer], by=acting(cast.adam))
    return cast


def test_an_administrator_understands_a_persons_rights_and_sees_them_off(here: Cast, come: Come) -> None:
    adam = come(here.adam)
    adam.go(reverse("admin:accounts_accountmembership_changelist"))
    adam.look("admin-people")

    adam.page.get_by_label("Find").fill("ben@")
    adam.page.get_by_role("button", name="Find").click()
    adam.page.get_by_role("link", name="Ben", exact=True).click()
    expect(adam.page.get_by_role("heading", level=1, name="Ben")).to_be_visible()
    row = adam.page.get_by_role("row").filter(has_text="Emergency")
    expect(row).to_contain_text("own role on this worklist")
    row.get_by_text("2 permissions").click()
    expect(row).to_contain_text("Studies: Open images")
    adam.look("admin-person")

    adam.page.get_by_role("link", name="Deactivate …").click()
    expect(adam.page.get_by_role("main")).to_contain_text(
        "3 shares with them as a physician of Northgate Hospital"
    )
    expect(adam.page.get_by_role("main")).to_contain_text("1 onward share ends too")
    adam.look("admin-person-deactivate")
    adam.page.get_by_role("button", name="Deactivate").click()
    expect(adam.page.get_by_text("Ben is now inactive and no longer has access.")).to_be_visible()
    adam.page.get_by_role("link", name="Ben", exact=True).click()
    adam.look("admin-person-inactive", [("light", 1280)])
    adam.page.get_by_role("button", name="Reactivate").click()
    expect(adam.page.get_by_text("Ben is active again")).to_be_visible()


def test_ten_people_are_invited_by_a_list_with_two_bad_lines(here: Cast, come: Come) -> None:
    adam = come(here.adam)
    adam.go(reverse("admin:accounts_invitation_changelist"))
    adam.look("admin-invitations")

    adam.page.get_by_role("link", name="Invite several").click()
    adam.look("admin-invite-several")
    list_file = {"name": "people.csv", "mimeType": "text/csv", "buffer": TEN_WITH_TWO_BAD.encode("utf-8-sig")}
    adam.page.get_by_label("Or choose a CSV file").set_input_files(list_file)
    adam.page.get_by_role("button", name="Check the list").click()
    expect(adam.page.get_by_text("2 of 10 lines have a problem; the others are ready.")).to_be_visible()
    assert Invitation.objects.count() == 1
    adam.look("admin-invite-several-look")

    adam.page.get_by_role("button", name="Invite 8 people").click()
    expect(adam.page.get_by_text("8 people were invited; 2 were not.")).to_be_visible()
    expect(adam.page.get_by_role("row").filter(has_text="caro@")).to_contain_text("Invited")
    adam.look("admin-invite-several-done")

    adam.page.get_by_role("link", name="See the invitations").click()
    adam.page.get_by_role("link", name="mei.lin@northgate.example").click()
    adam.look("admin-invitation")
    adam.page.get_by_role("link", name="Withdraw …").click()
    adam.look("admin-invitation-withdraw", [("light", 1280), ("dark", 390)])
    adam.page.get_by_role("button", name="Withdraw").click()
    expect(adam.page.get_by_text("Its link no longer works.")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_one_person_is_invited_with_and_without_script(here: Cast, come: Come, script: bool) -> None:
    adam = come(here.adam, script=script)
    adam.go(reverse("admin:accounts_accountmembership_changelist"))
    adam.page.get_by_role("link", name="Invite a person").click()
    adam.page.get_by_label("Email").fill("ana@example.org")
    adam.page.get_by_label("Account role").select_option("Radiologist")
    first = adam.page.get_by_role("group", name="Worklist 1")
    first.get_by_label("Worklist").select_option("CT Reporting (location)")
    first.get_by_label("Role there").select_option("Viewer")
    adam.page.get_by_role("button", name="More worklists").click()
    expect(adam.page.get_by_role("group", name="Worklist 6")).to_be_visible()
    adam.page.get_by_role("button", name="Invite", exact=True).click()
    expect(adam.page.get_by_text("Ana is already a member of the account.").first).to_be_visible()
    adam.meant("422 /admin/accounts/invitation/add/")
    if script:
        adam.look("admin-invite")

    adam.page.get_by_label("Email").fill("new@northgate.example")
    adam.page.get_by_role("button", name="Invite", exact=True).click()
    expect(adam.page.get_by_text("new@northgate.example has been invited by email.")).to_be_visible()


def test_an_administrator_requires_a_second_factor(here: Cast, come: Come) -> None:
    adam = come(here.adam)
    adam.go(reverse("admin:accounts_account_changelist"))
    adam.look("admin-settings")

    adam.page.get_by_label("Require a second factor").check()
    adam.page.get_by_label("Days until it is required").fill("10")
    adam.page.get_by_role("button", name="Save").click()

    expect(adam.page.get_by_text("The settings are saved.")).to_be_visible()
    expect(adam.page.get_by_text("Required from")).to_be_visible()
    expect(adam.page.get_by_text("You do not have one yourself")).to_be_visible()
    adam.look("admin-settings-required", [("light", 1280)])


def test_a_superuser_looks_after_users(here: Cast, come: Come) -> None:
    sue = come(here.sue)
    sue.go(reverse("admin:accounts_user_changelist"))
    sue.look("admin-users", [("light", 1280), ("dark", 390)])
    sue.page.get_by_role("link", name="Ana", exact=True).click()
    sue.look("admin-user")
    sue.page.get_by_role("link", name="Deactivate …").click()
    sue.look("admin-user-deactivate", [("light", 1280)])
    sue.page.get_by_role("button", name="Deactivate").click()
    expect(sue.page.get_by_text("Ana is deactivated and can no longer sign in.")).to_be_visible()
    sue.go(reverse("admin:accounts_account_add"))
    sue.look("admin-account-add", [("light", 1280)])
