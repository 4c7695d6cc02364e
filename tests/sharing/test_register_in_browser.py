"""The register and the trails beside it in a real browser: nothing for axe, nothing outside the policy."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from sharing import services
from sharing.models import Method
from sharing.targets import Target
from tests.browser.steps import look_over, signed_in
from tests.cast import Cast, acting, make_cast
from tests.factories import join, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LOOKS = [("light", 1440), ("dark", 1440), ("light", 390)]


@pytest.fixture
def here(transactional_db: None) -> Cast:
    return make_cast()


@pytest.fixture
def look(screenshots: Any) -> Callable[[Page, str], None]:
    def looked(page: Page, name: str) -> None:
        look_over(page, LOOKS, f"{screenshots}/register-{name}-{{}}-{{}}.png")

    return looked


@pytest.fixture
def shared(here: Cast) -> None:
    with transaction.atomic():
        targets = [
            Target(Method.EMAIL, "dora@example.net"),
            Target(Method.LOCATION, str(here.emergency.uuid)),
            Target(Method.CODE, "RIVERSIDE"),
        ]
        services.share_studies(placements=[here.placement.uuid], targets=targets, by=acting(here.ana))


def test_the_auditor_reads_the_register_and_the_trails(
    context: BrowserContext, live_server: Any, here: Cast, shared: None, look: Callable[[Page, str], None]
) -> None:
    otto = make_user("Otto Brandt")
    join(otto, here.northgate, "Auditor")
    complaints: list[str] = []
    page = signed_in(context, live_server, otto, complaints)
    page.goto(live_server.url + reverse("sharing:shared_by_me"))
    page.get_by_role("link", name="Register", exact=True).click()
    expect(page.get_by_role("heading", name="Register of shares")).to_be_visible()
    expect(page.get_by_text("Patient not shown")).to_have_count(3)
    look(page, "auditor")

    page.get_by_label("Outside the organisation").check()
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_text("Patient not shown")).to_have_count(2)
    page.get_by_label("State").select_option("Acknowledged")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.get_by_text("No share matches these filters.")).to_be_visible()
    look(page, "empty")
    page.get_by_role("link", name="Clear filters").first.click()

    page.get_by_role("link", name="Audit trail of the study shared with dora@example.net").click()
    expect(page.get_by_role("heading", name="Audit trail of a study")).to_be_visible()
    look(page, "study-trail")
    page.get_by_role("navigation", name="Register").get_by_role("link", name="Audit trail").click()
    expect(page.get_by_role("heading", name="Audit trail", exact=True)).to_be_visible()
    look(page, "trail")
    expect(page.get_by_text("Quill")).to_have_count(0)
    assert complaints == []


def test_the_administrator_ends_a_share_from_the_register_and_stays_there(
    context: BrowserContext, live_server: Any, here: Cast, shared: None
) -> None:
    complaints: list[str] = []
    page = signed_in(context, live_server, here.adam, complaints)
    page.goto(live_server.url + reverse("sharing:register_of_shares", args=[here.northgate.uuid]))
    page.get_by_label("Method").select_option("Location")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("checkbox", name="Select the share with Emergency").check()
    page.get_by_role("button", name="End shares").click()
    page.locator("#dialog").get_by_role("button", name="End the share").click()
    expect(page.get_by_text("1 share ended.")).to_be_visible()
    assert "method=location" in page.url
    assert complaints == []
