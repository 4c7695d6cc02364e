"""The viewer's tabs in a real browser: nothing for axe to find, nothing wider than the screen, no policy broken."""

import os

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pydicom.uid import generate_uid

from studies import services
from tests.browser.axe import violations
from tests.browser.steps import let_in
from tests.factories import placement_of
from tests.studies import beside_files as made

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

IMAGE = generate_uid(entropy_srcs=["an image in a browser"])


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_on_the_tabs(cast, page: Page, live_server, scheme: str, width: int) -> None:
    image, *objects = made.taken_in(
        cast,
        made.an_image(IMAGE),
        made.a_test_file("reportsi.dcm"),
        made.a_test_file("waveform_ecg.dcm"),
        made.document(),
        made.video(),
        made.key_objects(IMAGE),
        made.presentation_state(IMAGE),
    )
    services.render_waiting()
    complaints: list[str] = []
    let_in(page.context, cast.ana, live_server.url)
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 844})
    placement = placement_of(image.study, cast.ct)

    assert objects
    for instance in objects:
        page.goto(live_server.url + reverse("studies:viewer_object", args=[placement.uuid, instance.uuid]))
        if folder := os.environ.get("SHOTS"):
            page.wait_for_timeout(500)
            page.screenshot(path=f"{folder}/object-{instance.series.modality}-{scheme}-{width}.png")
        assert violations(page, iframes=False) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert [each for each in complaints if "policy" in each.lower()] == []


def test_tabs_and_tools_leave_the_screen_to_the_images_which_come_before_a_video(
    cast, page: Page, live_server
) -> None:
    """The video has the smaller number; with seven tabs the bar takes two rows, on a phone as on a desk."""
    image, *_objects = made.taken_in(
        cast, made.an_image(IMAGE), made.a_test_file("reportsi.dcm"), made.a_test_file("waveform_ecg.dcm"),
        made.document(), made.video(), made.key_objects(IMAGE), made.presentation_state(IMAGE),
    )  # fmt: skip
    services.render_waiting()
    let_in(page.context, cast.ana, live_server.url)
    placement = placement_of(image.study, cast.ct)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(live_server.url + reverse("studies:viewer", args=[placement.uuid]))
        expect(page.locator("#viewer")).to_have_attribute("data-series", str(image.series.uuid))
        expect(page.locator("#viewer")).to_have_attribute("aria-busy", "false")
        bar = page.locator(".viewer-bar").bounding_box()
        assert bar is not None
        assert bar["height"] < 100
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []


@pytest.mark.parametrize("menu", ["Presets", "Measure", "More"])
def test_on_a_phone_a_menu_of_the_viewer_is_on_the_screen(cast, page: Page, live_server, menu: str) -> None:
    [image] = made.taken_in(cast, made.an_image(IMAGE))
    services.render_waiting()
    let_in(page.context, cast.ana, live_server.url)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(live_server.url + reverse("studies:viewer", args=[placement_of(image.study, cast.ct).uuid]))
    expect(page.locator("#viewer")).to_have_attribute("aria-busy", "false")

    page.get_by_role("toolbar", name="Tools").locator("summary", has_text=menu).click()

    panel = page.locator("details[open] > .menu-panel").bounding_box()
    assert panel is not None
    assert panel["x"] >= 0
    assert panel["x"] + panel["width"] <= 390
