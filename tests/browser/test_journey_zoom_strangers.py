"""At 400 % zoom: coming in by an invitation, by a new password and by a second factor, and the administration."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from audit.actor import OPERATOR
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from tests.browser.steps import Hospital, Mail, Person, send_password
from tests.browser.test_journey_second_factor import code_of, confirm
from tests.browser.zoom import faults_of, focus_faults_of, zoomed
from tests.cast import acting
from tests.factories import membership_of, role_of
from worklists import services

OUTSIDE = "a.very.long.name.of.a.person@an-equally-long-domain-of-a-practice.example"
SCHEMES = ["light", "dark"]


def seen(person: Person, name: str) -> list[Any]:
    return faults_of(person, name) + focus_faults_of(person, name)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_coming_in_by_an_invitation(
    hospital: Hospital, come: Callable[..., Person], mail: Mail, scheme: Any
) -> None:
    share_studies(
        placements=[hospital.placement(hospital.ct).uuid], targets=[Target(Method.EMAIL, OUTSIDE)],
        by=acting(hospital.cast.ana), note="A second opinion, please.",
    )  # fmt: skip
    link = re.search(r"http\S+/invitations/\S+", mail.to(OUTSIDE)[0].text)[0]
    dora = zoomed(come(), scheme)
    page = dora.page

    dora.go(link[:-4])
    faults = seen(dora, f"link-cut-{scheme}")
    dora.meant(f"404 {dora.path}")
    dora.go(link)
    faults += seen(dora, f"register-{scheme}")
    page.get_by_role("button", name="Email me the code").click()
    expect(page.get_by_label("Your name")).to_have_attribute("aria-invalid", "true")
    faults += seen(dora, f"register-refused-{scheme}")
    page.get_by_label("Your name").fill("Dora Quay")
    password = page.get_by_label("Choose a password")
    password.fill("quiet harbour lights")
    page.get_by_role("button", name="Show Choose a password").click()
    expect(password).to_have_attribute("type", "text")
    page.get_by_role("button", name="Hide Choose a password").click()
    expect(password).to_have_attribute("type", "password")
    page.get_by_role("button", name="Email me the code").click()
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    faults += seen(dora, f"code-{scheme}")
    page.get_by_label("Code from the email").fill("000000")
    page.get_by_role("button", name="Register").click()
    faults += seen(dora, f"code-refused-{scheme}")
    code = re.search(r"Your code is (\d{6})", mail.to(OUTSIDE)[0].text)[1]
    page.get_by_label("Code from the email").fill(code)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", level=1, name="Shared with me")).to_be_visible()
    faults += seen(dora, f"registered-{scheme}")

    assert faults == []
    dora.complaints = [each for each in dora.complaints if not each.startswith("422")]


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


def pages_of_the_administration(hospital: Hospital) -> dict[str, str]:
    """Every page that Adam reaches without a row of his own making: lists, forms, histories, deletions and settings."""
    cast = hospital.cast
    rows = {
        "accounts_role": role_of(cast.northgate, "Viewer").pk,
        "accounts_accountmembership": cast.vera.account_memberships.get().pk,
        "worklists_worklist": cast.ct.pk,
        "worklists_worklistmembership": membership_of(cast.vera, cast.ct).pk,
        "accounts_account": cast.northgate.pk,
    }
    found = {name: reverse(f"admin:{name}") for name in ("index", "choose_account")}
    for model in (
        *rows, "accounts_invitation", "worklists_destination", "worklists_sender", "worklists_accesstoken",
        "sharing_sharerule", "audit_auditevent",
    ):  # fmt: skip
        found[model] = reverse(f"admin:{model}_changelist")
    for model in ("accounts_role", "worklists_worklist", "worklists_worklistmembership", "accounts_invitation",
                  "worklists_destination", "worklists_sender", "sharing_sharerule"):  # fmt: skip
        found[f"{model}-add"] = reverse(f"admin:{model}_add")
    found["accounts_invitation-batch"] = reverse("admin:accounts_invitation_batch")
    for model, pk in rows.items():
        for page in ("change", "history"):
            found[f"{model}-{page}"] = reverse(f"admin:{model}_{page}", args=[pk])
    for model in ("accounts_role", "accounts_accountmembership", "worklists_worklist"):
        found[f"{model}-delete"] = reverse(f"admin:{model}_delete", args=[rows[model]])
    for page in ("lives", "left_shares"):
        found[f"account-{page}"] = reverse(f"admin:accounts_account_{page}", args=[rows["accounts_account"]])
    for page in ("copy", "replace"):
        found[f"role-{page}"] = reverse(f"admin:accounts_role_{page}", args=[rows["accounts_role"]])
    found["deactivate"] = reverse(
        "admin:accounts_accountmembership_deactivate", args=[rows["accounts_accountmembership"]]
    )
    for page in ("members", "members_add", "code", "card", "address", "notices", "urgent"):
        found[f"worklist-{page}"] = reverse(
            f"admin:worklists_worklist_{page}", args=[rows["worklists_worklist"]]
        )
    return found


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_administration(hospital: Hospital, come: Callable[..., Person], scheme: Any) -> None:
    cast = hospital.cast
    services.replace_role(
        role=role_of(cast.northgate, "Listless"), other=role_of(cast.northgate, "Viewer"), by=OPERATOR
    )
    adam = zoomed(come(cast.adam), scheme)
    faults = []
    pages = pages_of_the_administration(hospital)
    pages["role-replacing"] = reverse(
        "admin:accounts_role_replace", args=[role_of(cast.northgate, "Listless").pk]
    )
    for name, url in pages.items():
        adam.go(url)
        expect(adam.page.get_by_role("heading", level=1)).to_be_visible()
        faults += seen(adam, f"admin-{name}-{scheme}")
    assert faults == []
