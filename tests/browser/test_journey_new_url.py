"""A maker who has lost the URL of a guest link gives the link a new one, and the old URL is dead."""

import re
from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import expect

from sharing.guest_mail import url_of
from sharing.services import make_guest_link
from tests.browser.steps import CT_PATIENT, LOOKS, Hospital, Mail, Person
from tests.cast import acting


def test_a_lost_url_is_replaced_and_the_old_no_longer_opens(
    hospital: Hospital, come: Callable[..., Person], mail: Mail
) -> None:
    placement = hospital.placement(hospital.ct)
    by = acting(hospital.cast.ana)
    lost = make_guest_link(
        placements=[placement.uuid],
        by=by,
        recipient_name="Dr Lee",
        most_openings=3,
        recipient_email="lee@example.net",
    )
    make_guest_link(placements=[placement.uuid], by=acting(hospital.cast.adam), recipient_name="Dr Osei")
    ana = come(hospital.cast.ana)
    ana.page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    # Beside the shares of the study.
    ana.go(reverse("sharing:access", args=[placement.uuid]))
    line = ana.page.get_by_role("listitem").filter(has_text="Guest link for Dr Lee")
    expect(line).to_contain_text("Opened 0 of 3 times")
    ana.look("access-with-links")
    line.get_by_role("link", name="End the guest link for Dr Lee").click()
    expect(ana.dialog.get_by_role("heading", name="End the guest link")).to_be_focused()
    ana.dialog.get_by_role("link", name="Keep the link").click()

    # In the list, her own link alone is offered a new URL.
    ana.go(f"{reverse('sharing:guest_links')}?everyones=1")
    expect(ana.page.get_by_role("row")).to_have_count(3)
    expect(ana.page.get_by_role("link", name=re.compile("^New URL"))).to_have_count(1)
    ana.look("links-everyones")
    ana.page.get_by_role("link", name="New URL for the guest link Dr Lee").click()
    expect(ana.dialog.get_by_role("heading", name="Make a new URL")).to_be_focused()
    ana.look("link-new-url", LOOKS[1:3])
    ana.dialog.get_by_label("Email the new URL to lee@example.net").check()
    ana.dialog.get_by_role("button", name="Make a new URL").click()
    expect(ana.dialog.get_by_role("heading", name="The guest link is ready")).to_be_focused()
    expect(ana.dialog.get_by_role("img", name="QR code that opens the images")).to_be_visible()
    ana.dialog.get_by_role("button", name="Copy").click()
    expect(ana.dialog.get_by_role("button", name="Copied")).to_be_visible()
    url = ana.page.evaluate("navigator.clipboard.readText()")
    expect(ana.dialog).to_contain_text("We are emailing it to lee@example.net")
    ana.look("link-renewed")

    guest = come()
    guest.page.set_viewport_size({"width": 390, "height": 844})
    assert guest.page.goto(url_of(lost)).status == 410  # type: ignore[union-attr]
    expect(guest.page.get_by_role("main")).to_contain_text("This link was replaced by another.")
    guest.look("guest-replaced", LOOKS[2:])
    guest.meant(f"410 {re.sub('^https?://[^/]+', '', url_of(lost))}")
    guest.page.set_viewport_size({"width": 390, "height": 844})
    guest.go(url)
    guest.page.wait_for_timeout(2200)
    guest.page.get_by_role("button", name="Open images").click()
    expect(guest.page.get_by_text(CT_PATIENT).first).to_be_visible()
