"""The wrong recipient: undone at once, with no email; or withdrawn later, with a receipt that says who read it."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from accounts.models import OutboxMail
from tests.browser.steps import US_PATIENT, Hospital, Person

SHARED = "Shared by me"


def shares_with(person: Person, group: str) -> None:
    dialog = person.share(US_PATIENT)
    dialog.get_by_role("checkbox", name=group).check()
    dialog.get_by_role("button", name="Share Studies").click()
    expect(dialog.get_by_role("heading", name="What was shared")).to_be_visible()


def test_a_press_is_undone_before_its_email_leaves(
    hospital: Hospital, come: Callable[..., Person], settings: Any
) -> None:
    settings.CIMAR_UNDO_SECONDS = 30
    ana = come(hospital.cast.ana)
    ana.open_worklist("CT Reporting")
    shares_with(ana, "Cardiology MDT")
    ana.look("undo")

    ana.dialog.get_by_role("button", name="Undo").click()

    expect(ana.page.get_by_role("status").first).to_contain_text("Undone: 1 share ended, and no email")
    assert OutboxMail.objects.waiting().count() == 0
    gwen = come(hospital.gwen)
    gwen.open_worklist("Cardiology MDT")
    expect(gwen.page.get_by_role("link", name=US_PATIENT)).to_have_count(0)


def test_a_wrong_recipient_is_withdrawn_with_a_receipt(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    ana, gwen = come(hospital.cast.ana), come(hospital.gwen)
    ana.open_worklist("CT Reporting")
    shares_with(ana, "Cardiology MDT")
    gwen.open_worklist("Cardiology MDT")
    gwen.open_study(US_PATIENT)

    # Ana notices, reads who has it, and withdraws it.
    ana.go("/shared-by-me/")
    ana.page.get_by_role("link", name="Receipt of the share with Cardiology MDT").click()
    expect(ana.page.get_by_role("heading", name="Receipt of what was shared")).to_be_visible()
    ana.page.get_by_role("link", name="Withdraw").click()
    expect(ana.dialog.get_by_role("heading", name="Withdraw what was shared")).to_be_focused()
    ana.look("withdraw")
    ana.dialog.get_by_role("button", name="Withdraw").click()

    expect(ana.page.get_by_role("status").first).to_contain_text("1 share ended.")
    row = ana.page.get_by_role("row").filter(has_text="Cardiology MDT")
    expect(row).to_contain_text(US_PATIENT)
    expect(row).to_contain_text("by Ana")
    expect(row.get_by_role("listitem").first).to_contain_text("Gwen Hart")
    expect(row).to_contain_text("1 person read the list of that worklist.")
    expect(ana.page.get_by_role("link", name="Withdraw")).to_have_count(0)
    ana.look("receipt")

    # On paper: the receipt, and nothing that is pressed.
    ana.page.emulate_media(media="print")
    expect(ana.page.get_by_role("button", name="Print")).to_be_hidden()
    expect(row).to_be_visible()
    ana.photograph(ana.pictures / "journey-receipt-print.png", full_page=True)
    ana.page.emulate_media(media="screen")

    # Gwen's next request finds nothing.
    gwen.page.reload()
    gwen.sees_nothing_there()
    gwen.meant(f"404 {gwen.path}")
