"""Who could open a study last week, and who did: on the page, on paper, and before the trail tells of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from audit import clock as the_clock
from sharing import services
from sharing.models import Method
from sharing.services import guest_visits
from tests.browser.steps import look_over, signed_in
from tests.cast import Cast, acting, make_cast
from tests.sharing.guests import made
from tests.sharing.share_pages import share
from worklists.services.noting import note_rights

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

LOOKS = [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)]


@pytest.fixture
def last_week(transactional_db: None, clock: Any) -> tuple[Cast, datetime]:
    """A share, a link and reads a week ago; since then the share has ended."""
    cast = make_cast()
    User.objects.update(timezone="UTC")
    note_rights()
    shared = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email)
    share(cast.ana, cast.placement, Method.CODE, "RIVERSIDE")
    guest_visits.open_link(link=made(cast, recipient_name="Dr Marsh"))
    vera = Client()
    vera.force_login(cast.vera)
    vera.get(reverse("studies:study", args=[cast.placement.uuid]))
    clock.move(minutes=5)
    moment = the_clock.now()
    clock.move(days=7)
    services.end_shares(shares=[shared.uuid], by=acting(cast.ana))
    return cast, moment


def ask(page: Page, moment: datetime) -> None:
    page.get_by_label("Date").fill(f"{moment:%Y-%m-%d}")
    page.get_by_label("Time").fill(f"{moment:%H:%M}")
    page.get_by_role("button", name="Show as it was then").click()


def test_who_could_open_it_last_week_and_who_did(
    context: BrowserContext, live_server: Any, last_week: tuple[Cast, datetime], screenshots: Any
) -> None:
    cast, moment = last_week
    complaints: list[str] = []
    page = signed_in(context, live_server, cast.adam, complaints)
    page.goto(f"{live_server.url}/placements/{cast.placement.uuid}/access/people/")
    expect(page.get_by_text("Ben", exact=True)).to_have_count(0)

    ask(page, moment)

    expect(page.get_by_role("heading", name="Who could open this study")).to_be_visible()
    could = page.get_by_role("region", name="Could open it")
    expect(could.get_by_text("Ben", exact=True)).to_be_visible()
    did = page.get_by_role("region", name="Who opened it")
    expect(did.get_by_role("row").filter(has_text="Vera")).to_contain_text("Study opened")
    expect(did.get_by_role("row").filter(has_text="Dr Marsh")).to_be_visible()
    look_over(page, LOOKS, str(screenshots / "access-then-{}-{}.png"), full_page=True)

    page.get_by_role("link", name="To print").click()

    expect(page.get_by_text("What this answer does not show")).to_be_visible()
    expect(page.get_by_text("Asked by")).to_be_visible()
    look_over(page, LOOKS, str(screenshots / "access-printed-{}-{}.png"), full_page=True)
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_role("link", name="Back")).to_be_hidden()
    page.screenshot(path=str(screenshots / "access-printed-print.png"), full_page=True)
    page.emulate_media(media="screen")
    page.get_by_role("link", name="Back").click()

    ask(page, moment - timedelta(days=30))

    expect(page.get_by_text("Who could open the study at this moment is not known.")).to_be_visible()
    expect(page.get_by_text("Nothing that the audit trail of the original has recorded.")).to_be_visible()
    look_over(page, LOOKS, str(screenshots / "access-then-unknown-{}-{}.png"), full_page=True)
    assert complaints == []


def test_why_someone_cannot_open_it_now_and_could_last_week(
    context: BrowserContext, live_server: Any, last_week: tuple[Cast, datetime]
) -> None:
    cast, moment = last_week
    complaints: list[str] = []
    page = signed_in(context, live_server, cast.adam, complaints)
    page.goto(f"{live_server.url}/placements/{cast.placement.uuid}/access/explain/?person={cast.ben.uuid}")
    expect(page.get_by_text("Cannot open this study here")).to_be_visible()
    expect(page.get_by_text("but the share to that worklist ended on")).to_be_visible()

    ask(page, moment)

    expect(page.get_by_text("Could open this study", exact=True)).to_be_visible()
    assert complaints == []
