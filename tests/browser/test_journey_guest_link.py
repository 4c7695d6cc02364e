"""A guest link with a password and a limit: made, copied, read in the list, given another last day, opened, ended."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from sharing.models import GuestLink
from tests.browser.steps import CT_PATIENT, LOOKS, Hospital, Mail, Person
from tests.days import day_of

PASSWORD = "violet-42"


def fill(ana: Person, **more: str) -> None:
    dialog = ana.dialog
    dialog.get_by_label("Recipient’s name").fill(more.get("name", "Dr Lee"))
    dialog.get_by_label("Password").fill(PASSWORD)
    dialog.get_by_label("How often it can be opened").fill("2")


def begin(ana: Person) -> None:
    ana.open_worklist("CT Reporting")
    ana.tick(CT_PATIENT)
    ana.choose("Guest link")
    expect(ana.dialog.get_by_role("heading", name="Make a guest link")).to_be_focused()


def test_a_link_is_made_copied_listed_extended_and_ended(
    hospital: Hospital, come: Callable[..., Person], mail: Mail
) -> None:
    ana = come(hospital.cast.ana)
    ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    begin(ana)
    expect(ana.dialog).to_contain_text(CT_PATIENT)
    ana.look("link-dialog")

    # What is wrong is said, and what was typed is kept.
    fill(ana)
    ana.dialog.get_by_role("textbox", name="Last day").fill(day_of(90).isoformat())
    ana.dialog.get_by_role("button", name="Make the link").click()
    expect(ana.dialog).to_contain_text("No link has been made yet.")
    expect(ana.dialog.get_by_label("Password")).to_have_value(PASSWORD)
    ana.look("link-refused", LOOKS[1:3])
    ana.meant(f"422 {reverse('sharing:make_guest_link')}")
    ana.dialog.get_by_role("textbox", name="Last day").fill(day_of(7).isoformat())
    ana.dialog.get_by_role("button", name="Make the link").click()

    expect(ana.dialog.get_by_role("heading", name="The guest link is ready")).to_be_focused()
    ana.dialog.get_by_role("button", name="Copy").click()
    expect(ana.dialog.get_by_role("button", name="Copied")).to_be_visible()
    url = ana.page.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(rf"{re.escape(ana.site)}/guest/[\w.-]+/", url)
    ana.look("link-made")
    ana.dialog.get_by_role("link", name="Done").click()

    # A guest on a telephone opens it.
    guest = come()
    guest.page.set_viewport_size({"width": 390, "height": 844})
    guest.go(url)
    guest.page.get_by_label("Password").press_sequentially(PASSWORD, delay=30)
    guest.page.wait_for_timeout(1100)
    guest.page.get_by_role("button", name="Open images").click()
    expect(guest.page.get_by_text(CT_PATIENT).first).to_be_visible()

    # Ana reads what became of it, and gives it another last day.
    ana.open_study(CT_PATIENT)
    ana.page.get_by_role("link", name="Guest links", exact=True).click()
    row = ana.page.get_by_role("row").filter(has_text="Dr Lee")
    expect(row).to_contain_text("1 of 2 times")
    ana.look("links-of-a-study")
    row.get_by_role("link", name="Change the last day").click()
    expect(ana.dialog.get_by_role("heading", name="Change the last day")).to_be_focused()
    ana.look("link-extend", LOOKS[1:3])
    ana.dialog.get_by_role("textbox", name="Last day").fill(day_of(12).isoformat())
    ana.dialog.get_by_role("button", name="Save").click()
    expect(ana.page.get_by_role("status").first).to_contain_text("The guest link is valid until")

    # She ends it from her own list; the guest's next request finds nothing.
    ana.go(reverse("sharing:guest_links"))
    ana.look("links")
    ana.page.get_by_role("link", name="End the guest link Dr Lee").click()
    expect(ana.dialog).to_contain_text("It cannot be started again.")
    ana.look("link-end", LOOKS[1:3])
    ana.dialog.get_by_role("button", name="End the guest link").click()
    expect(ana.page.get_by_role("row").filter(has_text="Dr Lee")).to_contain_text("Ended")
    guest.page.reload()
    expect(guest.page.get_by_text(CT_PATIENT)).to_have_count(0)
    guest.complaints.clear()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_a_link_is_mailed(hospital: Hospital, come: Callable[..., Person], mail: Mail, script: bool) -> None:
    ana = come(hospital.cast.ana, script=script)
    ana.go(f"{reverse('sharing:new_guest_link')}?placement={hospital.placement(hospital.ct).uuid}")
    main = ana.page.get_by_role("main")
    main.get_by_label("Recipient’s email address").fill("lee@example.net")
    main.get_by_label("Password").fill(PASSWORD)
    main.get_by_role("button", name="Make the link").click()
    expect(main).to_contain_text("We are emailing it to lee@example.net.")

    [sent] = mail.to("lee@example.net")
    link = GuestLink.objects.get()
    assert f"/guest/{link.uuid.hex}" in sent.text
    assert (PASSWORD in sent.text, "Compressed" in sent.text, "password" in sent.text) == (False, False, True)
    ana.go(reverse("sharing:guest_links"))
    expect(ana.page.get_by_role("row").filter(has_text="lee@example.net")).to_contain_text("with a password")
