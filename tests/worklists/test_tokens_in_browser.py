"""The pages of access tokens and senders in a real browser: both themes, wide and narrow."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.administering import there, token_and_machines
from tests.browser.steps import look_over, signed_in
from tests.cast import Cast, make_cast
from tests.days import day_of
from tests.factories import PASSWORD
from worklists.models import AccessToken, Sender

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = [("light", 1280), ("dark", 390)]


@pytest.fixture
def here(transactional_db: None) -> Cast:
    cast = make_cast()
    token_and_machines(cast.ana, cast.adam, cast.ct, "Reading script")
    return cast


@pytest.fixture
def look(screenshots: Any) -> Callable[[Page, str], None]:
    def looked(page: Page, name: str) -> None:
        look_over(page, LOOKS, f"{screenshots}/tokens-{name}-{{}}-{{}}.png", full_page=True)

    return looked


def test_a_token_is_made_copied_and_revoked(
    context: BrowserContext, live_server: Any, here: Cast, look: Callable[[Page, str], None]
) -> None:
    complaints: list[str] = []
    page = signed_in(context, live_server, here.ana, complaints)
    page.goto(f"{live_server.url}/profile/")
    page.get_by_role("link", name="Manage your access tokens").click()
    look(page, "list")
    page.get_by_role("link", name="Make an access token").click()
    if page.get_by_label("Password").count():
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("Research export")
    page.get_by_label("CT Reporting, Northgate Hospital").check()
    page.get_by_label("Last day").fill(str(day_of(30)))
    look(page, "new")
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_text("cimar_pat_")).to_be_visible()
    look(page, "once")
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name="Revoke Research export").click()
    look(page, "revoke")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("no longer works")).to_be_visible()
    assert complaints == []


def test_the_administration_of_tokens_and_senders(
    context: BrowserContext, live_server: Any, here: Cast, look: Callable[[Page, str], None]
) -> None:
    complaints: list[str] = []
    page = signed_in(context, live_server, here.adam, complaints)
    token, sender = AccessToken.objects.get(), Sender.objects.get()
    pages = {
        "admin-tokens": there("changelist", of="accesstoken"),
        "admin-token": there("change", token.pk, of="accesstoken"),
        "admin-token-end": there("end", token.pk, of="accesstoken"),
        "admin-senders": there("changelist", of="sender"),
        "admin-sender": there("change", sender.pk, of="sender"),
        "admin-sender-end": there("end", sender.pk, of="sender"),
        "admin-sender-token": there("token", sender.pk, of="sender"),
    }
    for name, url in pages.items():
        page.goto(f"{live_server.url}{url}")
        look(page, name)
    page.goto(f"{live_server.url}{there('add', of='sender')}")
    page.get_by_label("Name").fill("PACS of the main site")
    page.get_by_label("Worklist").select_option(label="CT Reporting")
    look(page, "admin-sender-add")
    page.get_by_role("button", name="Add the sender").click()
    expect(page.get_by_text("cimar_snd_")).to_be_visible()
    look(page, "admin-sender-secret")
    assert complaints == []
