"""Shares that wait for approval: declined with a message, or approved with an own MRN after a look at the images."""

from collections.abc import Callable

from playwright.sync_api import expect

from audit.actor import OPERATOR
from tests.browser.steps import CT_PATIENT, US_PATIENT, Hospital, Person
from worklists.services import change_worklist

WHY = "This belongs to the children’s clinic."


def test_an_approval_is_declined_with_a_message(hospital: Hospital, come: Callable[..., Person]) -> None:
    cast = hospital.cast
    change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
    ana, adam = come(cast.ana), come(cast.adam)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(US_PATIENT)
    dialog.get_by_role("checkbox", name="Chest Clinic").check()
    dialog.get_by_label("Note").fill("Is this yours?")
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog).to_contain_text("waiting for approval")

    # Adam reads who shared what and why, forgets the message, and is asked for it.
    adam.go("/shared-by-me/")
    adam.page.get_by_role("link", name="To approve").click()
    row = adam.page.get_by_role("row").filter(has_text=US_PATIENT)
    expect(row).to_contain_text("Is this yours?")
    adam.look("approvals")
    row.get_by_role("checkbox", name="Select the share by Ana").check()
    adam.page.get_by_role("button", name="Decline").click()
    expect(adam.page.get_by_text("Say why you decline").first).to_be_visible()
    adam.meant("422 /approvals/")
    adam.look("approvals-message")
    adam.page.get_by_label("Message to the person who shared").fill(WHY)
    adam.page.get_by_role("button", name="Decline").click()
    expect(adam.page.get_by_role("status").first).to_contain_text("1 share declined.")
    adam.page.get_by_role("link", name="Decided").click()
    expect(adam.page.get_by_role("row").filter(has_text=WHY)).to_contain_text("Declined")
    adam.look("approvals-decided")

    ana.go("/shared-by-me/")
    share = ana.page.get_by_role("row").filter(has_text="Chest Clinic")
    expect(share).to_contain_text("declined by Adam")
    expect(share).to_contain_text(WHY)


OWN_MRN = "CH-20417"


def test_an_approver_opens_the_images_and_notes_an_own_mrn(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    cast = hospital.cast
    change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
    ana, adam = come(cast.ana), come(cast.adam)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_role("checkbox", name="Chest Clinic").check()
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog).to_contain_text("waiting for approval")

    # Adam opens the images before he decides; they cannot be saved, and the way back is the list.
    adam.go("/approvals/")
    row = adam.page.get_by_role("row").filter(has_text=CT_PATIENT)
    row.get_by_role("link", name="Open images").click()
    patient = adam.page.get_by_role("region", name="Patient and study")
    expect(patient).to_contain_text("Awaiting approval")
    adam.page.locator("#viewer[aria-busy=false]").wait_for()
    adam.look("approving-viewer")
    adam.page.get_by_role("link", name="Approvals").click()
    row.get_by_role("checkbox", name="Select the share by Ana").check()
    row.get_by_label("Own MRN of the patient shared by Ana").fill(OWN_MRN)
    adam.look("approvals-own-mrn")
    adam.page.get_by_role("button", name="Approve").click()
    expect(adam.page.get_by_role("status").first).to_contain_text("1 share approved.")

    # A search on the worklist finds the number; the page of the study shows it and changes it.
    adam.open_worklist("Chest Clinic")
    adam.page.get_by_label("Name, MRN or accession").fill(OWN_MRN)
    adam.page.get_by_role("button", name="Search", exact=True).click()
    found = adam.page.get_by_role("row").filter(has_text=OWN_MRN)
    expect(found).to_contain_text(CT_PATIENT)
    adam.look("own-mrn-list")
    found.get_by_role("link", name=CT_PATIENT).click()
    expect(patient).to_contain_text(OWN_MRN)
    adam.page.get_by_text("Actions", exact=True).click()
    adam.page.get_by_role("link", name="Own MRN").click()
    adam.look("own-mrn")
    adam.page.get_by_label("Own MRN").fill("CH-1")
    adam.page.get_by_role("button", name="Save").click()
    expect(patient).to_contain_text("CH-1")
