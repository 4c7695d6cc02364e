"""Who can open a study, by person and about one person, in a real browser."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from accounts.models import Role
from audit.actor import OPERATOR
from sharing.models import Method
from tests.browser.steps import look_over, signed_in
from tests.cast import Cast, make_cast
from tests.factories import join, make_user, placement_of
from tests.sharing.guests import made
from tests.sharing.share_pages import share
from worklists.services import change_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

LOOKS = [("light", 1280), ("dark", 1280), ("light", 390)]


@pytest.fixture
def here(transactional_db: None) -> Cast:
    cast = make_cast()
    join(make_user("Eve Lund"), cast.northgate, "Radiologist", [cast.emergency])
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    share(cast.ben, placement_of(cast.study, cast.emergency), Method.CODE, "RIVERSIDE")
    share(cast.ana, cast.placement, Method.EMAIL, cast.ed.email)
    made(cast, recipient_name="Dr Marsh")
    viewer = Role.objects.get(account=cast.northgate, name="Viewer")
    change_role(role=viewer, permissions=["list_studies"], by=OPERATOR)
    return cast


def test_access_is_explained_for_who_can_and_who_cannot(
    context: BrowserContext, live_server: Any, here: Cast, screenshots: Any
) -> None:
    complaints: list[str] = []
    page = signed_in(context, live_server, here.ana, complaints)
    page.goto(f"{live_server.url}/placements/{here.placement.uuid}/access/")

    page.get_by_role("link", name="By person").click()

    expect(page.get_by_role("heading", name="Who can open this study")).to_be_visible()
    expect(page.get_by_text("Dr Marsh")).to_be_visible()
    look_over(page, LOOKS, str(screenshots / "access-people-{}-{}.png"), full_page=True)

    page.get_by_role("link", name="Explain").click()
    page.get_by_label("Name or email").fill("vera")
    page.get_by_role("search").get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Vera").click()

    expect(page.get_by_text("but the role Viewer may not open images.")).to_be_visible()
    look_over(page, LOOKS, str(screenshots / "access-explain-not-{}-{}.png"), full_page=True)

    page.get_by_label("Name or email").fill("ben")
    page.get_by_role("search").get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Ben").click()

    expect(page.get_by_text("Can open this study", exact=True)).to_be_visible()
    look_over(page, LOOKS, str(screenshots / "access-explain-{}-{}.png"), full_page=True)
    page.get_by_label("Date").fill("2026-11-01")
    page.get_by_label("Time").fill("10:00")
    page.get_by_role("button", name="Show as it was then").click()

    expect(page.get_by_text("Not known", exact=True)).to_be_visible()
    look_over(page, LOOKS, str(screenshots / "access-explain-then-{}-{}.png"), full_page=True)
    page.goto(f"{live_server.url}/placements/{here.placement.uuid}/details/")
    look_over(page, LOOKS, str(screenshots / "details-{}-{}.png"), full_page=True)
    assert complaints == []
