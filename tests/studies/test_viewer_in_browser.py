"""The viewer's page in a real browser: nothing for axe to find, the keyboard, a phone, and without script."""

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pydicom.data import get_testdata_file

from studies import services
from studies.ingest.sources import Source
from studies.models import Placement
from tests.browser.axe import violations
from tests.browser.steps import let_in
from tests.cast import acting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCAN = "CT_small.dcm"


@pytest.fixture
def viewer_url(cast) -> str:
    path = Path(get_testdata_file(SCAN))
    services.take_in_all(
        worklist=cast.ct, by=acting(cast.ana), sources=[Source("scan", lambda: path.open("rb"))]
    )
    services.render_waiting()
    placement = Placement.objects.get(worklist=cast.ct, study__modalities=["CT"], study__n_instances=1)
    return reverse("studies:viewer", args=[placement.uuid])


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def ana(cast, page: Page, live_server, complaints: list[str]) -> Page:
    let_in(page.context, cast.ana, live_server.url)
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_the_page_fits_the_screen(
    ana: Page, live_server, viewer_url: str, complaints: list[str], scheme: str, width: int
) -> None:
    ana.emulate_media(color_scheme=scheme)
    ana.set_viewport_size({"width": width, "height": 844})

    ana.goto(live_server.url + viewer_url)

    expect(ana.locator("[data-first-image]")).to_be_visible()
    if folder := os.environ.get("SHOTS"):
        ana.wait_for_timeout(3000)
        ana.screenshot(path=f"{folder}/viewer-{scheme}-{width}.png")
    assert violations(ana) == []
    assert ana.evaluate("document.documentElement.scrollWidth") <= width
    assert ana.locator(".patient-name").is_visible()
    assert complaints == []


def test_without_script_the_image_and_the_way_to_the_study_are_there(
    browser: Browser, live_server, cast, viewer_url: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    let_in(context, cast.ana, live_server.url)
    page = context.new_page()

    page.goto(live_server.url + viewer_url)

    expect(page.locator("[data-first-image]")).to_be_visible()
    expect(page.locator("#viewer-tools")).to_be_hidden()
    page.get_by_role("link", name="the page of the study").click()
    expect(page).to_have_url(live_server.url + viewer_url.replace("viewer/", ""))
    context.close()
