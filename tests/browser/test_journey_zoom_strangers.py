"""At 400 % zoom: coming in by a new password and by a second factor."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.steps import Hospital, Mail, Person, send_password
from tests.browser.test_journey_second_factor import code_of, confirm
from tests.browser.zoom import faults_of, focus_faults_of, zoomed

SCHEMES = ["light", "dark"]


def seen(person: Person, name: str) -> list[Any]:
    return faults_of(person, name) + focus_faults_of(person, name)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_new_password(hospital: Hospital, come: Callable[..., Person], mail: Mail, scheme: Any) -> None:
    email = hospital.cast.ana.email
    ana = zoomed(come(), scheme)
    page = ana.page

    ana.go(reverse("account_reset_password"))
    faults = seen(ana, f"reset-{scheme}")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Email").press("Enter")
    expect(page).to_have_url(re.compile(reverse("account_reset_password_done")))
    faults += seen(ana, f"reset-sent-{scheme}")
    link = re.search(r"http\S+/password/reset/key/\S+", mail.to(email)[0].text)[0]
    ana.go(link)
    faults += seen(ana, f"reset-key-{scheme}")
    for field in page.locator("input[type=password]").all():
        field.fill("quiet harbour lights")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(reverse("account_reset_password_from_key_done")))
    faults += seen(ana, f"reset-done-{scheme}")
    ana.go(link)
    faults += seen(ana, f"reset-used-{scheme}")

    assert faults == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_second_factor(hospital: Hospital, come: Callable[..., Person], mail: Mail, scheme: Any) -> None:
    ana = zoomed(come(hospital.cast.ana), scheme)
    page = ana.page

    ana.go(reverse("accounts:second_factor"))
    faults = seen(ana, f"factor-none-{scheme}")
    page.get_by_role("link", name="Set up an authenticator app").click()
    expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    faults += seen(ana, f"factor-confirm-{scheme}")
    confirm(page)
    faults += seen(ana, f"factor-app-{scheme}")
    key = page.locator("#secret").inner_text()
    page.get_by_label("Code from the app").fill(code_of(key, -1))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    faults += seen(ana, f"factor-codes-{scheme}")
    ana.go(reverse("accounts:add_key"))
    faults += seen(ana, f"factor-key-{scheme}")
    ana.go(reverse("accounts:second_factor"))
    faults += seen(ana, f"factor-list-{scheme}")

    again = zoomed(come(), scheme)
    again.go(reverse("account_login"))
    send_password(again.page, hospital.cast.ana.email)
    expect(again.page).to_have_url(re.compile(reverse("mfa_authenticate")))
    faults += seen(again, f"factor-asked-{scheme}")

    assert faults == []
