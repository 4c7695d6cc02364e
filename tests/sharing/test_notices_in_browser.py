"""The bell, the page of notifications, the choices and the question for more time, in a real browser."""

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from audit import clock
from common.days import today_in
from sharing.models import Method, Share
from sharing.services import end_shares, share_studies
from sharing.services.more_time import ask_for_time
from sharing.targets import Target
from tests.browser.steps import LOOKS, look_over, signed_in
from tests.cast import Cast, acting, make_cast
from tests.factories import make_study, placement_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def here(transactional_db: None) -> Cast:
    """Ana shared three studies with Ben; one share ended, and Ben asks for more time for another."""
    cast = make_cast()
    last = today_in("Europe/London", clock.now()) + timedelta(days=5)
    shares = [
        share_studies(
            placements=[placement_of(make_study(cast.ct), cast.ct).uuid],
            targets=[Target(Method.PHYSICIAN, str(cast.ben.uuid))],
            by=acting(cast.ana),
            expires_at=last,
        )
        .rows[0]
        .share
        for _ in range(3)
    ]
    end_shares(shares=[shares[0].uuid], by=acting(cast.ana))
    ask_for_time(placement=placement_of(shares[1].study, shares[1].to_worklist).uuid, by=acting(cast.ben))
    return cast


@pytest.fixture
def complaints() -> list[str]:
    return []


def person(context: BrowserContext, live_server: Any, user: Any, complaints: list[str]) -> Page:
    return signed_in(context, live_server, user, complaints)


def test_the_bell_and_the_page_of_notifications(
    context: BrowserContext, live_server: Any, here: Cast, complaints: list[str], screenshots: Any
) -> None:
    page = person(context, live_server, here.ben, complaints)
    page.goto(f"{live_server.url}/notifications/")
    expect(page.get_by_role("link", name="Notifications 3 not read")).to_be_visible()
    look_over(page, LOOKS, f"{screenshots}/notify-list-{{}}-{{}}.png")

    page.get_by_role("button", name="Open").first.click()
    expect(page).to_have_url(f"{live_server.url}/placements/{_latest(here)}/")
    expect(page.get_by_role("link", name="Notifications 2 not read")).to_be_visible()

    page.goto(f"{live_server.url}/notifications/")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_text("All notifications are marked as read.")).to_be_visible()
    look_over(page, LOOKS, f"{screenshots}/notify-read-{{}}-{{}}.png")
    assert complaints == []


def _latest(cast: Cast) -> Any:
    share = Share.objects.unended().latest("pk")
    return placement_of(share.study, cast.ben.personal_worklist).uuid


def test_the_choices_of_a_worklist(
    context: BrowserContext, live_server: Any, here: Cast, complaints: list[str], screenshots: Any
) -> None:
    page = person(context, live_server, here.ana, complaints)
    page.goto(f"{live_server.url}/profile/")
    look_over(page, LOOKS, f"{screenshots}/notify-profile-{{}}-{{}}.png", full_page=True)

    page.get_by_role("link", name="Choose notifications of CT Reporting").click()
    look_over(page, LOOKS, f"{screenshots}/notify-choose-{{}}-{{}}.png", full_page=True)
    page.get_by_label("A study is shared with this worklist").select_option("At once")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("Your notifications were saved.")).to_be_visible()
    assert complaints == []


def test_more_time_is_given_with_one_click(
    context: BrowserContext, live_server: Any, here: Cast, complaints: list[str], screenshots: Any
) -> None:
    page = person(context, live_server, here.ana, complaints)
    page.goto(f"{live_server.url}/notifications/")
    page.get_by_role("button", name="Open").first.click()
    look_over(page, LOOKS, f"{screenshots}/notify-time-{{}}-{{}}.png")

    page.get_by_role("button", name="Share until").click()

    expect(page.get_by_text("The person who asked is notified.")).to_be_visible()
    assert complaints == []


def test_a_reader_asks_for_more_time_without_script(
    browser: Browser, live_server: Any, here: Cast, screenshots: Any
) -> None:
    page = person(browser.new_context(java_script_enabled=False), live_server, here.ben, [])
    page.goto(f"{live_server.url}/placements/{_latest(here)}/details/")
    page.get_by_role("button", name="Ask for more time").click()

    expect(page.get_by_text("You asked for more time.")).to_be_visible()
    page.screenshot(path=f"{screenshots}/notify-asked.png", full_page=True)
