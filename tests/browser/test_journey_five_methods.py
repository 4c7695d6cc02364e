"""Two real studies, shared by all five methods in one press; each recipient sees their images."""

import re
from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import expect

from sharing.models import Share
from tests.browser.steps import CT_PATIENT, LOOKS, US_PATIENT, Hospital, Mail, Person

OUTSIDE = "dora@seaview.example"


def test_five_methods_in_one_press(hospital: Hospital, come: Callable[..., Person], mail: Mail) -> None:
    ana = come()
    ana.sign_in(hospital.cast.ana.email)
    expect(ana.page.get_by_role("heading", level=1, name="CT Reporting")).to_be_visible()
    ana.look("studies")

    # She ticks two studies and picks a recipient by each method.
    dialog = ana.share(CT_PATIENT, US_PATIENT)
    dialog.get_by_role("group", name="Locations").get_by_label("Emergency").check()
    dialog.get_by_role("group", name="Groups").get_by_label("Cardiology MDT").check()
    dialog.get_by_label("Find a physician by name").press_sequentially("phoe")
    dialog.get_by_role("button", name="Add Phoebe Lund").click()
    physicians = dialog.get_by_role("group", name="Physicians")
    expect(physicians.get_by_role("button", name="Remove Phoebe Lund")).to_be_visible()
    expect(dialog.get_by_label("Find a physician by name")).to_be_focused()
    dialog.get_by_label("Type a share code").fill("river side")
    dialog.get_by_role("button", name="Check code").click()
    codes = dialog.get_by_role("group", name="Share Code")
    expect(codes.get_by_text("Riverside Clinic — Riverside Imaging")).to_be_visible()
    expect(dialog.get_by_label("Type a share code")).to_be_focused()
    ana.add_address(OUTSIDE)
    emails = dialog.get_by_role("group", name="Email")
    expect(emails.get_by_text("Outside Northgate Hospital")).to_be_visible()
    expect(dialog.get_by_label("Type an email address")).to_be_focused()
    dialog.get_by_label("Note").fill("Is there a second lesion?")
    expect(dialog.get_by_text(re.compile(r"2 studies\s+to\s+5 recipients"))).to_be_visible()
    ana.look("share-dialog")

    # One press, and a report of each.
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_focused()
    report = {
        "Emergency": "Shared",
        "Cardiology MDT": "Shared",
        "Phoebe Lund": "Shared",
        "Riverside Imaging": "Shared",
        OUTSIDE: "Invited",
    }
    for recipient, became in report.items():
        expect(ana.report_on(recipient)).to_contain_text(became)
        expect(ana.report_on(recipient).get_by_role("listitem")).to_have_count(2)
    ana.look("report")
    assert Share.objects.count() == 10
    dialog.get_by_role("link", name="Done").click()
    expect(dialog).to_be_hidden()

    # Everyone finds both studies where they were sent, and sees their images.
    cast = hospital.cast
    for user, worklist in (
        (cast.ben, "Emergency"),
        (hospital.gwen, "Cardiology MDT"),
        (hospital.phoebe, "My studies"),
        (cast.caro, "Riverside Imaging"),
    ):
        recipient = come(user)
        recipient.open_worklist(worklist)
        expect(recipient.row(CT_PATIENT)).to_contain_text("by Ana")
        recipient.sees_the_images_of(CT_PATIENT, US_PATIENT)

    # Who is not yet here is written to; so is the physician, and nobody's mail says whose study it is.
    [invited], [told] = mail.to(OUTSIDE), mail.to(hospital.phoebe.email)
    assert invited.subject == "Ana wants to share 2 studies with you"
    assert told.subject == "Ana shared 2 studies with you"
    assert "CompressedSamples" not in invited.text + told.text


def test_a_shared_study_says_who_sent_it_and_why(
    hospital: Hospital, come: Callable[..., Person], mail: Mail
) -> None:
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(US_PATIENT)
    dialog.get_by_label("Find a physician by name").press_sequentially("phoe")
    dialog.get_by_role("button", name="Add Phoebe Lund").click()
    expect(dialog.get_by_role("button", name="Remove Phoebe Lund")).to_be_visible()
    expect(dialog.get_by_label("Find a physician by name")).to_be_focused()
    dialog.get_by_label("Note").fill("Is there a second lesion?")
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_visible()

    # The mail leads to what was shared, the study says who sent it.
    phoebe = come()
    phoebe.go(re.search(r"http\S+", mail.to(hospital.phoebe.email)[0].text)[0])
    phoebe.type_who_they_are(phoebe.page, hospital.phoebe.email)
    expect(phoebe.page.get_by_role("heading", name="1 study shared with you")).to_be_visible()
    expect(phoebe.page.get_by_text("Is there a second lesion?")).to_be_visible()
    phoebe.look("received", LOOKS[1:3])
    phoebe.open_study(US_PATIENT)
    expect(phoebe.page.get_by_text("Note from Ana")).to_be_visible()
    phoebe.sees_an_image()
    phoebe.look("study")
    phoebe.page.get_by_role("link", name="Details").click()
    expect(phoebe.page.get_by_role("heading", name="How it got here")).to_be_visible()
    phoebe.look("details", LOOKS[1:3])
    # What she may do here follows from her role.
    phoebe.go(reverse("studies:study", args=[hospital.placement(hospital.us).uuid]))
    phoebe.sees_nothing_there()
    phoebe.meant(f"404 {reverse('studies:study', args=[hospital.placement(hospital.us).uuid])}")
