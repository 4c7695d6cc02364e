"""A share that waits for approval is declined with a message, and its sharer reads why."""

from collections.abc import Callable

from playwright.sync_api import expect

from audit.actor import OPERATOR
from tests.browser.steps import US_PATIENT, Hospital, Person
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
