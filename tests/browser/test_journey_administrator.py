"""What an administrator decides and others meet: a method taken away, ten people invited, a second factor required."""

import re
from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import AccountMembership, Invitation
from audit import clock as the_clock
from common.text import NOT_AN_EMAIL
from sharing.models import Share
from tests.browser.steps import CT_PATIENT, LOOKS, Hospital, Mail, Person, send_password
from tests.browser.test_journey_second_factor import set_up_an_app
from tests.factories import role_of
from tests.plumbing.database import Clock

SISTER = "imogen.ashdown@northgate.example"
INVITED = [
    SISTER,
    "tobias.brandt@northgate.example",
    "yusuf.demir@northgate.example",
    "head.of.imaging@northgate.example",
    "mei.lin@northgate.example",
    "samuel.osei@northgate.example",
    "ines.duarte@northgate.example",
    "noor.haddad@northgate.example",
]
# Ten people, the fourth and the eighth of whom nobody can invite.
LIST = f"""email,role,worklists,every_worklist
{INVITED[0]},Radiologist,CT Reporting = Viewer,no
{INVITED[1]},Radiologist,CT Reporting; Cardiology MDT,no
{INVITED[2]},Referring clinician,Emergency,no
priya.nair@northgate,Radiologist,CT Reporting,no
{INVITED[3]},Administrator,,yes
{INVITED[4]},Viewer,Cardiology MDT; Chest Clinic,no
{INVITED[5]},Viewer,Emergency,no
olek.wojcik@northgate.example,Chief radiologist,CT Reporting,no
{INVITED[6]},Radiologist,Emergency,no
{INVITED[7]},Viewer,CT Reporting,no
"""


def open_administration(person: Person, place: str) -> None:
    """From the header, by the name of one of its places."""
    person.page.get_by_role("link", name="Administration", exact=True).click()
    person.page.get_by_role("main").get_by_role("link", name=place, exact=True).last.click()
    expect(person.page.get_by_role("heading", level=1)).to_be_visible()


def test_via_email_is_taken_away_while_a_dialog_is_open(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    cast = hospital.cast
    ana, adam = come(cast.ana), come(cast.adam)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    ana.add_address("dora@seaview.example")

    # Her administrator sees whom it concerns before saving, and that it was done.
    adam.go(reverse("studies:worklists"))
    open_administration(adam, "Roles")
    adam.page.get_by_role("link", name="Radiologist", exact=True).click()
    changes = adam.page.get_by_role("status").filter(has_text="What changes if you save")
    expect(changes).to_contain_text("Nothing changes for anyone.")
    adam.page.get_by_role("checkbox", name="Studies: Share study via email").uncheck()
    expect(changes).to_contain_text("2 people lose on 2 worklists:")
    expect(changes.get_by_role("listitem")).to_have_text(
        ["Studies: Share study via email", "No one gains or loses a study."]
    )
    adam.look("admin-role-loses", LOOKS[1:3])
    adam.page.get_by_role("button", name="Save").click()
    expect(adam.page.get_by_role("main")).to_contain_text(
        "The role “Radiologist” was saved. 2 people lost 1 permission on 2 worklists."
    )

    # Her dialog still offers it: the reason comes, and nothing is done.
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_focused()
    by_email = ana.report_on("dora@seaview.example")
    expect(by_email).to_contain_text("Refused")
    expect(by_email).to_contain_text("Your role does not let you share by email.")
    ana.look("admin-role-refused", LOOKS[1:3])
    assert not Share.objects.exists()
    assert not Invitation.objects.exists()

    # Opened anew, it has the other methods and not this one.
    dialog.get_by_role("link", name="Done").click()
    dialog = ana.share(CT_PATIENT)
    expect(dialog.get_by_role("group", name="Share Code", exact=True)).to_be_visible()
    expect(dialog.get_by_role("group", name="Email", exact=True)).to_have_count(0)

    # What was changed and by whom stands in the role's history.
    adam.page.get_by_role("link", name="History").click()
    expect(adam.page.get_by_role("main")).to_contain_text("Studies: Share study via email")


def test_ten_people_are_invited_by_csv_and_one_comes(
    hospital: Hospital, come: Callable[..., Person], mail: Mail
) -> None:
    cast = hospital.cast
    adam = come(cast.adam)
    page = adam.page
    adam.go(reverse("studies:worklists"))
    open_administration(adam, "Invitations")
    page.get_by_role("link", name="Invite several").click()
    people = {"name": "people.csv", "mimeType": "text/csv", "buffer": LIST.encode()}
    page.get_by_label("Or choose a CSV file").set_input_files(people)
    page.get_by_role("button", name="Check the list").click()

    # What would come of each line; nobody is invited yet.
    expect(page.get_by_text("2 of 10 lines have a problem; the others are ready.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Will be invited")).to_have_count(8)
    malformed = page.get_by_role("row").filter(has_text="priya.nair@northgate")
    expect(malformed).to_contain_text("Will not be invited")
    expect(malformed).to_contain_text(NOT_AN_EMAIL)
    unknown = page.get_by_role("row").filter(has_text="olek.wojcik")
    expect(unknown).to_contain_text("There is no role named “Chief radiologist” in this account.")
    adam.look("admin-invite-look", LOOKS[1:3])
    assert not Invitation.objects.exists()

    page.get_by_role("button", name="Invite 8 people").click()
    expect(page.get_by_text("8 people were invited; 2 were not.")).to_be_visible()
    assert set(Invitation.objects.values_list("email", flat=True)) == set(INVITED)
    assert [mail.to(email)[0].subject for email in INVITED] == [
        "Adam invites you to Northgate Hospital on CIMAR"
    ] * len(INVITED)
    assert mail.to("olek.wojcik@northgate.example") == mail.to("priya.nair@northgate") == []

    # One of them comes by the link in the mail, and is where the list put her.
    imogen = come()
    imogen.go(re.search(r"http\S+/invitations/\S+", mail.to(SISTER)[0].text)[0])
    expect(imogen.page.get_by_role("main")).to_contain_text(
        "Adam at Northgate Hospital invited imogen.ashdown@northgate.example to work for Northgate Hospital "
        "with the role “Radiologist”."
    )
    imogen.look("register-staff", LOOKS[1:3])
    imogen.page.get_by_label("Your name").fill("Imogen Ashdown")
    imogen.page.get_by_label("Choose a password").fill("quiet harbour lights")
    imogen.page.get_by_role("button", name="Email me the code").click()
    expect(imogen.page.get_by_role("heading", name="Check your email")).to_be_visible()
    code = re.search(r"Your code is (\d{6})", mail.to(SISTER)[0].text)[1]
    imogen.page.get_by_label("Code from the email").fill(code)
    imogen.page.get_by_role("button", name="Register").click()
    expect(imogen.page.get_by_role("heading", level=1, name="CT Reporting")).to_be_visible()
    imogen.sees_the_images_of(CT_PATIENT)
    # A viewer there: she ticks nothing and shares nothing, though a radiologist elsewhere might.
    expect(imogen.page.locator("summary", has_text="Actions")).to_have_count(0)

    # Her administrator sees that she came, and what she may do where and why.
    page.get_by_role("link", name="See the invitations").click()
    expect(page.get_by_role("row").filter(has_text=SISTER)).to_contain_text("Accepted")
    expect(page.get_by_role("row").filter(has_text="Waiting")).to_have_count(7)
    open_administration(adam, "People")
    page.get_by_role("link", name="Imogen Ashdown").click()
    standing = page.get_by_role("row").filter(has_text="CT Reporting")
    expect(standing).to_contain_text("Viewer")
    expect(standing).to_contain_text("own role on this worklist")
    membership = AccountMembership.objects.get(user__email=SISTER)
    assert (membership.role, membership.every_worklist) == (role_of(cast.northgate, "Radiologist"), False)


def test_a_second_factor_is_required_and_a_member_sets_one_up(
    hospital: Hospital, come: Callable[..., Person], clock: Clock
) -> None:
    cast = hospital.cast
    adam, ana = come(cast.adam), come(cast.ana)
    adam.go(reverse("studies:worklists"))
    open_administration(adam, "Settings")
    expect(adam.page.get_by_label("Require a second factor")).not_to_be_checked()
    adam.page.get_by_label("Require a second factor").check()
    adam.page.get_by_label("Days until it is required").fill("10")
    before = the_clock.now()
    adam.page.get_by_role("button", name="Save").click()
    expect(adam.page.get_by_text("The settings are saved.")).to_be_visible()
    expect(adam.page.get_by_text("You do not have one yourself")).to_be_visible()

    # Within the ten days members work on, and are told the date.
    cast.northgate.refresh_from_db()
    assert (cast.northgate.second_factor_from - before).days == 10
    told = adam.page.get_by_text(re.compile("^Required from")).inner_text()
    ana.open_worklist("CT Reporting")
    expect(ana.page.get_by_role("main")).to_contain_text(
        f"Northgate Hospital requires a second factor {told.removeprefix('Required ')}"
    )
    ana.sees_the_images_of(CT_PATIENT)

    # After them there is one page, and the way through it.
    clock.move(days=10, minutes=1)
    late = come()
    late.go(reverse("studies:list"))
    send_password(late.page, cast.ana.email)
    expect(
        late.page.get_by_role("heading", name="Northgate Hospital requires a second factor")
    ).to_be_visible()
    set_up_an_app(late)
    late.page.get_by_role("link", name="I have saved them").click()
    late.open_worklist("CT Reporting")
    dialog = late.share(CT_PATIENT)
    dialog.get_by_label("Emergency").check()
    dialog.get_by_role("button", name="Share Studies").click()
    expect(late.report_on("Emergency")).to_contain_text("Shared")

    # The one who required it is held to it as well.
    adam = come(cast.adam)
    adam.go(reverse("admin:index"))
    expect(
        adam.page.get_by_role("heading", name="Northgate Hospital requires a second factor")
    ).to_be_visible()
