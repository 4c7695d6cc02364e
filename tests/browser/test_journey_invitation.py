"""From an invitation's mail to the image, and what its link says once it is used or withdrawn."""

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Invitation
from sharing import services
from sharing.models import Method
from sharing.targets import Target
from tests.browser.steps import CT_PATIENT, LOOKS, US_PATIENT, Hospital, Mail, Person
from tests.cast import acting

OUTSIDE = "dora@seaview.example"


@pytest.fixture
def invited(hospital: Hospital, mail: Mail) -> str:
    """The link in Dora's mail: Ana has shared both studies with her address."""
    services.share_studies(
        placements=[hospital.placement(study).uuid for study in (hospital.ct, hospital.us)],
        targets=[Target(Method.EMAIL, OUTSIDE)],
        by=acting(hospital.cast.ana),
        note="A second opinion, please.",
    )
    return re.search(r"http\S+/invitations/\S+", mail.to(OUTSIDE)[0].text)[0]


def test_from_the_mail_to_the_image(
    hospital: Hospital, come: Callable[..., Person], mail: Mail, invited: str
) -> None:
    # The mail is read where development shows it, and its link pressed.
    dora = come()
    page = dora.page
    dora.go(reverse("accounts:development_mails"))
    dora.look("mails", LOOKS[1:3])
    page.get_by_role("link", name="Ana wants to share 2 studies with you").click()
    page.get_by_role("link", name="/invitations/").click()

    # A clean address, and whom the invitation is from.
    expect(page).to_have_url(f"{dora.site}{reverse('sharing:register')}")
    expect(page.get_by_role("main")).to_contain_text(f"Ana at Northgate Hospital invited {OUTSIDE}")
    dora.look("register", LOOKS[1:3])
    page.get_by_label("Your name").fill("Dora Quay")
    page.get_by_label("Choose a password").fill("quiet harbour lights")
    page.get_by_role("button", name="Email me the code").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    code = re.search(r"Your code is (\d{6})", mail.to(OUTSIDE)[0].text)[1]
    dora.look("code", LOOKS[1:3])
    page.get_by_label("Code from the email").fill(code)
    page.get_by_role("button", name="Register").click()

    # What was promised is there at once.
    expect(page.get_by_role("heading", level=1, name="Shared with me")).to_be_visible()
    expect(dora.row(US_PATIENT)).to_contain_text("Not acknowledged")
    page.get_by_role("link", name="Studies", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="My studies")).to_be_visible()
    expect(dora.row(US_PATIENT)).to_contain_text("External")
    dora.sees_the_images_of(CT_PATIENT, US_PATIENT)
    dora.look("registered", LOOKS[1:3])

    # The same link again leads in; for somebody who is signed out it leads to sign-in, with the reason.
    dora.go(invited)
    expect(page.get_by_role("heading", level=1, name="Shared with me")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to CIMAR")).to_be_visible()
    dora.go(invited)
    expect(page.get_by_role("status")).to_contain_text(
        "This invitation has been used. Sign in with your address."
    )
    dora.look("sign-in")
    dora.type_who_they_are(page, OUTSIDE, "quiet harbour lights")
    expect(page.get_by_role("link", name=CT_PATIENT)).to_be_visible()


def test_a_withdrawn_link_says_whom_to_ask(
    hospital: Hospital, come: Callable[..., Person], invited: str
) -> None:
    ana = come(hospital.cast.ana)
    ana.go(reverse("sharing:invitations"))
    expect(ana.page.get_by_text(OUTSIDE).first).to_be_visible()
    ana.look("invitations", LOOKS[1:3])
    ana.page.get_by_role("link", name=f"Withdraw the invitation of {OUTSIDE}").click()
    expect(ana.dialog).to_contain_text("2 shares waiting for this person end")
    ana.look("withdraw", LOOKS[1:3])
    ana.dialog.get_by_role("button", name="Withdraw the invitation").click()
    expect(ana.page.get_by_role("status").first).to_contain_text(
        "The invitation was withdrawn. 2 waiting shares ended."
    )

    dora = come()
    dora.go(invited)
    expect(dora.page.get_by_role("heading", name="This is no longer available")).to_be_visible()
    expect(dora.page.get_by_role("main")).to_contain_text(
        "This invitation has been withdrawn. Ask Ana at Northgate Hospital for a new invitation."
    )
    dora.look("withdrawn", LOOKS[1:3])
    dora.meant(f"410 {reverse('sharing:register')}")
    assert Invitation.objects.get().accepted_at is None
