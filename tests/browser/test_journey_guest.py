"""A guest on a telephone, with a password until the link is used up; every page on the way; a mail scanner before."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from audit.actions import Action
from audit.models import AuditEvent
from sharing.guest_mail import url_of
from sharing.models import GuestLink
from sharing.services import make_guest_link
from studies.models import Placement
from tests.browser.steps import CT_PATIENT, Hospital, Mail, Person
from tests.cast import PATIENTS, acting
from tests.factories import make_study, placement_of

PASSWORD = "violet-42"
PHONE = {"width": 390, "height": 844}
# A press that comes sooner after the page was shown is taken for a program's.
A_PERSON_READS = 2_200


# The mails of the fixture name the site by its own address, as the links of this module do.
pytestmark = pytest.mark.usefixtures("mail")


@pytest.fixture
def phone(come: Callable[..., Person]) -> Person:
    guest = come()
    guest.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    return guest


def made(hospital: Hospital, *placements: Placement, **more: Any) -> GuestLink:
    chosen = placements or (hospital.placement(hospital.ct),)
    by = acting(hospital.cast.ana)
    return make_guest_link(placements=[placement.uuid for placement in chosen], by=by, **more)


def below(link: GuestLink, path: str = "") -> str:
    return f"/guest/{link.uuid}/{path}"


def openings(link: GuestLink) -> int:
    return GuestLink.objects.get(pk=link.pk).openings


def open_button(page: Page) -> Locator:
    return page.get_by_role("button", name="Open images")


def press(guest: Person, password: str = "") -> None:
    if password:
        guest.page.get_by_label("Password").press_sequentially(password, delay=30)
    guest.page.wait_for_timeout(A_PERSON_READS)
    open_button(guest.page).click()


def test_a_guest_on_a_phone_opens_it_with_the_password_until_it_is_used_up_and_asks_for_another(
    hospital: Hospital, phone: Person, mail: Mail
) -> None:
    link = made(hospital, password=PASSWORD, most_openings=1, may_download=True)
    page = phone.page

    # Before the press the page says from whom and until when, and not of whom.
    phone.go(url_of(link))
    expect(page.get_by_role("heading", name="Medical images for you")).to_be_visible()
    expect(page.get_by_text("CT Reporting")).to_be_visible()
    expect(page.get_by_text(CT_PATIENT)).to_have_count(0)
    phone.look("guest-landing")
    press(phone, "violet-43")
    expect(page.get_by_text("4 tries left")).to_have_count(2)
    phone.look("guest-wrong-password")
    phone.meant(f"422 {below(link, 'open/')}")
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    press(phone, PASSWORD)

    # The viewer, with the patient; the study's page; the download.
    expect(page.get_by_text(CT_PATIENT).first).to_be_visible()
    placement = hospital.placement(hospital.ct).uuid
    assert phone.path == below(link, f"placements/{placement}/viewer/")
    phone.look("guest-viewer")
    phone.go(below(link, f"placements/{placement}/"))
    phone.sees_an_image()
    phone.look("guest-study")
    page.get_by_role("link", name="Download").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Download")
    phone.look("guest-download")
    assert (openings(link), GuestLink.objects.get(pk=link.pk).wrong_tries) == (1, 1)

    # Closed and followed again, the link is used up: whom to ask, and a press that tells its maker.
    page.get_by_role("button", name="Close the images").click()
    expect(page.get_by_role("heading", name="The images are closed")).to_be_visible()
    phone.look("guest-closed")
    assert page.goto(url_of(link)).status == 410  # type: ignore[union-attr]
    expect(page.get_by_role("heading", name="This link no longer opens")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("opened as often as it may be")
    expect(page.get_by_role("main")).to_contain_text("CT Reporting")
    expect(page.get_by_text(CT_PATIENT)).to_have_count(0)
    phone.look("guest-used-up")
    page.get_by_role("button", name="Ask for a new link").click()
    expect(page.get_by_text("The sender was notified")).to_be_visible()
    phone.look("guest-asked")
    phone.meant(f"410 {below(link)}", f"410 {below(link, 'ask/')}")
    [told] = mail.to(hospital.cast.ana.email)
    assert "new" in told.subject
    assert not any(name in told.text for patient in (*PATIENTS, CT_PATIENT) for name in patient.split("^"))


def test_the_pages_of_a_guest_who_comes_another_way_or_to_several_studies(
    hospital: Hospital, phone: Person
) -> None:
    earlier = make_study(
        hospital.cast.ct, patient_name="CompressedSamples^CT1", patient_id=hospital.ct.patient_id
    )
    both = (hospital.placement(hospital.ct), placement_of(earlier, hospital.cast.ct))
    link, page = made(hospital, *both), phone.page

    phone.go(below(link))
    expect(page.get_by_role("heading", name="Open the link again")).to_be_visible()
    phone.look("guest-unopened")
    phone.go(url_of(link).removesuffix("/")[:-3] + "/")
    expect(page.get_by_role("heading", name="This link is incomplete")).to_be_visible()
    phone.look("guest-incomplete")
    incomplete = phone.path
    phone.meant(f"404 {below(link)}", f"404 {incomplete}", perhaps=["404 /favicon.ico"])

    # A press that is too quick counts nothing, and the second opens.
    phone.go(url_of(link))
    open_button(page).evaluate("button => button.click()")
    expect(page.get_by_text("Press Open images once more")).to_be_visible()
    phone.look("guest-once-more")
    assert openings(link) == 0
    press(phone)
    expect(page.get_by_role("heading", name="2 studies")).to_be_visible()
    phone.look("guest-studies")
    phone.meant(f"422 {below(link, 'open/')}")
    assert openings(link) == 1


# A mail scanner

CLICK_ALL = """() => {
    for (const each of document.querySelectorAll("a, button, summary, label, input")) each.click();
    for (const form of document.forms) form.requestSubmit();
}"""


@pytest.mark.parametrize("password", ["", PASSWORD], ids=["without a password", "with a password"])
def test_a_mail_scanner_uses_up_nothing(
    hospital: Hospital, come: Callable[..., Person], password: str
) -> None:
    link = made(hospital, password=password, most_openings=1)
    url = url_of(link)

    # By requests alone: HEAD, GET, GET and the form as it stands.
    scanner = come()
    requests = scanner.page.request
    assert requests.head(url).status == 200
    assert requests.get(url).status == 200
    shown = requests.get(url)
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', shown.text()))
    answer = requests.post(
        f"{scanner.site}{below(link, 'open/')}",
        form={**fields, "password": "password"},
        headers={"Referer": shown.url},
    )
    assert answer.status == 422

    # In a browser of its own, whose script clicks and sends all that there is, again and again.
    clicker = come()
    for _ in range(3):
        clicker.go(url)
        clicker.page.evaluate(CLICK_ALL)
        clicker.page.wait_for_load_state("networkidle")
    clicker.complaints.clear()

    row = GuestLink.objects.get(pk=link.pk)
    assert (row.openings, row.wrong_tries, row.tries_left, row.ended_at) == (0, 0, 5, None)
    assert not AuditEvent.objects.filter(
        action__in=[Action.GUEST_LINK_OPEN, Action.GUEST_LINK_REFUSED]
    ).exists()

    # The person for whom the link is opens it after all that.
    person = come()
    person.go(url)
    press(person, password)
    expect(person.page.get_by_text(CT_PATIENT).first).to_be_visible()
    assert openings(link) == 1
