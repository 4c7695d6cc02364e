"""Second factors: an app, a passkey, an account that requires one; and signing out elsewhere."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Account
from audit import clock as the_clock
from tests.browser.steps import CT_PATIENT, LOOKS, Hospital, Mail, Person, send_password
from tests.confirming import minutes_later
from tests.factories import PASSWORD

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def code_of(key: str, step: int = 0) -> str:
    """What an authenticator app would show; each code is taken once, so the next sign-in takes the next."""
    now = list(yield_hotp_counters_from_time())[1]
    return format_hotp_value(hotp_value(key, now + step))


def confirm(page: Page) -> None:
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def set_up_an_app(person: Person) -> str:
    """From the page that offers it to the recovery codes; the key the app holds."""
    page = person.page
    minutes_later()
    page.get_by_role("link", name="Set up an authenticator app").click()
    confirm(page)
    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    key = page.locator("#secret").inner_text()
    page.get_by_label("Code from the app").fill(code_of(key, -1))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    return key


def test_an_app_is_set_up_and_asked_for_at_sign_in(
    hospital: Hospital, come: Callable[..., Person], mail: Mail
) -> None:
    ana = come()
    page = ana.page
    ana.sign_in(hospital.cast.ana.email)
    page.get_by_role("link", name="Profile").click()
    expect(page.get_by_text("Second factor", exact=True)).to_be_visible()
    ana.look("profile")
    page.get_by_role("link", name="Set up a second factor").click()
    expect(page.get_by_role("heading", name="You have not set one up yet")).to_be_visible()
    ana.look("second-factor-none")
    minutes_later()
    page.get_by_role("link", name="Set up an authenticator app").click()
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    ana.look("confirm")
    confirm(page)
    expect(page.get_by_role("img", name="QR code for the authenticator app")).to_be_visible()
    ana.look("second-factor-app")
    key = page.locator("#secret").inner_text()
    page.get_by_label("Code from the app").fill("000000")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("main")).to_contain_text("That code is not right. Try again.")
    ana.meant(f"422 {reverse('accounts:add_app')}")
    page.get_by_label("Code from the app").fill(code_of(key, -1))
    page.get_by_role("button", name="Set up").click()

    # The recovery codes are shown now, to be kept as a file.
    codes = page.get_by_role("list", name="Recovery codes").get_by_role("listitem")
    expect(codes).to_have_count(10)
    ana.look("recovery-codes")
    with page.expect_download() as kept:
        page.get_by_role("link", name="Save as a file").click()
    lines = kept.value.path().read_text().splitlines()
    assert lines[2:12] == codes.all_inner_texts()
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_role("cell", name="Authenticator app", exact=True)).to_be_visible()
    ana.look("second-factor")
    assert mail.to(hospital.cast.ana.email)[0].subject == "A second factor was set up for CIMAR"

    # From now on the password is not enough.
    page.get_by_role("button", name="Sign out", exact=True).click()
    send_password(page, hospital.cast.ana.email)
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    ana.look("second-factor-step")
    page.get_by_label("Code").fill(code_of(key))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    # The telephone is lost: a recovery code takes its place, and the lost app goes.
    page.get_by_role("button", name="Sign out", exact=True).click()
    send_password(page, hospital.cast.ana.email)
    page.get_by_label("Code").fill(lines[2])
    page.get_by_role("button", name="Sign in", exact=True).click()
    ana.go(reverse("accounts:second_factor"))
    expect(page.get_by_role("main")).to_contain_text("You have 9 codes left.")
    minutes_later()
    page.get_by_role("link", name="Remove the authenticator app").click()
    # A password alone takes no factor away: it is confirmed by a factor, here the next recovery code.
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    expect(page.get_by_label("Password")).to_have_count(0)
    ana.look("confirm-factor", LOOKS[1:3])
    page.get_by_label("Code").fill(lines[3])
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("main")).to_contain_text("You will sign in with your password alone")
    ana.look("second-factor-removal")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="You have not set one up yet")).to_be_visible()


def test_an_app_is_set_up_without_script(hospital: Hospital, come: Callable[..., Person]) -> None:
    ana = come(hospital.cast.ana, script=False)
    ana.go(reverse("accounts:second_factor"))
    set_up_an_app(ana)
    ana.page.get_by_role("link", name="I have saved them").click()
    ana.page.get_by_role("link", name="Set up a passkey or security key").click()
    expect(ana.page.get_by_text("Passkeys and security keys need JavaScript")).to_be_visible()
    expect(ana.page.get_by_role("button", name="Continue")).to_be_hidden()


def test_a_passkey_signs_in_without_the_password(hospital: Hospital, come: Callable[..., Person]) -> None:
    ana = come(hospital.cast.ana)
    page = ana.page
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    ana.go(reverse("accounts:second_factor"))
    page.get_by_role("link", name="Set up a passkey or security key").click()
    confirm(page)
    page.get_by_label("Name").fill("My phone")
    ana.look("passkey")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    page.get_by_role("link", name="I have saved them").click()
    expect(page.get_by_role("cell", name="My phone (passkey)")).to_be_visible()

    # Alone, from the sign-in page, to where one was going.
    page.get_by_role("button", name="Sign out", exact=True).click()
    ana.go(reverse("accounts:sessions"))
    expect(page.get_by_role("heading", name="Sign in to CIMAR")).to_be_visible()
    ana.look("sign-in-passkey")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_visible()

    # After the password, as the second step; and when it is asked once more who one is.
    page.get_by_role("button", name="Sign out", exact=True).click()
    send_password(page, hospital.cast.ana.email)
    page.get_by_role("button", name="Use a passkey or security key").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    minutes_later()
    ana.go(reverse("accounts:recovery_codes"))
    page.get_by_role("link", name="Use your passkey or security key").click()
    ana.look("confirm-key", LOOKS[1:3])
    page.get_by_role("button", name="Use the passkey or security key").click()
    expect(page.get_by_role("heading", name="Make new recovery codes?")).to_be_visible()


def test_a_device_that_is_not_used_is_told_of(hospital: Hospital, come: Callable[..., Person]) -> None:
    ana = come()
    page = ana.page
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, "isUserVerified": False}})
    ana.go(reverse("account_login"))
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert").filter(has_text="The device was not used")).to_be_visible()
    ana.look("passkey-problem", LOOKS[1:3])


def test_an_account_that_requires_one(hospital: Hospital, come: Callable[..., Person], clock: Any) -> None:
    cast = hospital.cast
    Account.objects.filter(pk=cast.northgate.pk).update(
        second_factor_from=the_clock.now() + timedelta(days=14)
    )
    ana = come(cast.ana)
    page = ana.page
    ana.open_worklist("CT Reporting")
    expect(page.get_by_text("Northgate Hospital requires a second factor from")).to_be_visible()
    ana.look("second-factor-reminder")
    dialog = ana.share(CT_PATIENT)
    expect(dialog.get_by_role("button", name="Share Studies")).to_be_visible()

    # Two weeks later, whatever she asks for, the page says why she may not, and her dialog leads there as well.
    clock.move(days=14, minutes=1)
    late = come()
    late.go(reverse("studies:list"))
    send_password(late.page, cast.ana.email)
    heading = late.page.get_by_role("heading", name="Northgate Hospital requires a second factor")
    expect(heading).to_be_visible()
    late.look("second-factor-required")
    late.go(reverse("studies:worklist", args=[cast.ct.uuid]))
    expect(heading).to_be_visible()
    set_up_an_app(late)
    late.page.get_by_role("link", name="I have saved them").click()
    late.open_worklist("CT Reporting")
    expect(late.page.get_by_role("link", name=CT_PATIENT)).to_be_visible()


def test_an_open_dialog_leads_to_the_page_that_requires_one(
    hospital: Hospital, come: Callable[..., Person]
) -> None:
    cast = hospital.cast
    ana = come(cast.ana)
    ana.open_worklist("CT Reporting")
    dialog = ana.share(CT_PATIENT)
    dialog.get_by_label("Emergency").check()
    Account.objects.filter(pk=cast.northgate.pk).update(second_factor_from=the_clock.now())
    dialog.get_by_role("button", name="Share Studies").click()
    expect(
        ana.page.get_by_role("heading", name="Northgate Hospital requires a second factor")
    ).to_be_visible()
    ana.meant("403 /share/studies/", perhaps={"htmx 403 /share/studies/"})


def test_signing_out_elsewhere(hospital: Hospital, come: Callable[..., Person]) -> None:
    here, there = come(), come()
    for browser in (here, there):
        browser.sign_in(hospital.cast.ana.email)
    here.go(reverse("accounts:sessions"))
    expect(here.page.get_by_role("row")).to_have_count(3)
    here.look("sessions")
    here.page.get_by_role("button", name="Sign out everywhere else").click()
    expect(here.page.get_by_role("status").first).to_contain_text("signed out everywhere except here")
    there.page.reload()
    expect(there.page.get_by_role("heading", name="Sign in to CIMAR")).to_be_visible()
