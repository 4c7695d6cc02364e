"""The viewer by mouse, by keyboard alone and by fingers; what it saves, and what is left when the right ends."""

import io
import re
from typing import Any

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from audit.actions import Action
from audit.models import AuditEvent
from tests.browser.steps import FOCUSED, let_in, look_over
from tests.browser.viewer_study import COLUMNS, ROWS, SLICES, Viewer, dicom_storage, taken_in, viewer
from tests.cast import Cast

__all__ = ["dicom_storage", "taken_in", "viewer"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def image(number: int, total: int = SLICES) -> str:
    return f"Image {number} of {total}"


def test_the_manifest_and_the_code_are_asked_for_at_once_and_only_once(viewer: Viewer) -> None:
    warnings: list[str] = []
    viewer.page.on("console", lambda message: warnings.append(message.text))

    viewer.open()

    asked = viewer.page.evaluate(
        """performance.getEntriesByType("resource")
            .map(({ name, initiatorType }) => [new URL(name).pathname, initiatorType])"""
    )
    manifests = [kind for path, kind in asked if path.endswith("/manifest.json")]
    code = [path for path, _ in asked if "/parts/study." in path]
    assert manifests[:1] == ["link"]
    assert len(manifests) == len(code) == 1
    assert [text for text in warnings if "preload" in text] == []


def test_wheel_keys_drag_and_slider_scroll(viewer: Viewer) -> None:
    viewer.open()
    page, pane = viewer.page, viewer.pane()
    expect(pane).to_contain_text(image(1))

    page.mouse.move(*viewer.point(100, 120))
    page.mouse.wheel(0, 120)
    expect(pane).to_contain_text(image(2))
    for key, number in [("ArrowDown", 3), ("PageDown", 13), ("End", 16), ("ArrowUp", 15), ("Home", 1)]:
        pane.press(key)
        expect(pane).to_contain_text(image(number))
    slider = page.get_by_role("slider", name="Image in pane 1")
    slider.focus()
    slider.press("ArrowDown")
    expect(pane).to_contain_text(image(2))
    expect(slider).to_have_attribute("aria-valuetext", image(2))
    viewer.tool("Scroll")
    viewer.drag((100, 60), (100, 120))
    expect(pane).not_to_contain_text(image(2))
    expect(viewer.status).to_contain_text("Full quality.")


def test_a_drag_windows_and_reset_goes_back(viewer: Viewer) -> None:
    viewer.open()
    pane = viewer.pane()

    viewer.drag((60, 60), (120, 90))
    expect(pane).not_to_contain_text("Window 40 / 400")
    viewer.tool("Zoom")
    viewer.drag((100, 120), (100, 60))
    expect(pane).not_to_contain_text("Window 40 / 400")
    viewer.tool("Reset")

    expect(pane).to_contain_text("Window 40 / 400")


def test_turned_and_mirrored_the_letters_go_along(viewer: Viewer) -> None:
    viewer.open()
    letters = {
        edge: viewer.pane().locator(f".pane-edge-{edge}") for edge in ("left", "right", "top", "bottom")
    }

    def are(left: str, right: str, top: str, bottom: str) -> None:
        for edge, letter in {"left": left, "right": right, "top": top, "bottom": bottom}.items():
            expect(letters[edge]).to_have_text(letter)

    are("R", "L", "A", "P")
    viewer.tool("Rotate", "Image")
    are("P", "A", "R", "L")
    viewer.tool("Flip left and right", "Image")
    are("A", "P", "R", "L")


def test_four_panes_scroll_together_where_they_show_the_same_place(viewer: Viewer) -> None:
    viewer.open()
    viewer.tool("Four images", "Layout")
    page = viewer.page
    viewer.pane(2).click()
    viewer.series("Thin slices").last.click()
    viewer.series("Chest").drag_to(viewer.pane(3))
    expect(viewer.pane(3)).to_contain_text("Chest")
    viewer.has_full_quality(2)

    viewer.tool("Scroll together", "Layout")
    viewer.pane(1).focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")

    # Every second slice of the first series: the fifteenth lies where the eighth of the other does.
    expect(viewer.pane(1)).to_contain_text(image(15))
    expect(viewer.pane(2)).to_contain_text(image(8, 8))
    expect(viewer.pane(3)).to_contain_text(image(1, 1))
    # Filled with the next series when the layout was chosen: it scrolls with the others.
    expect(viewer.pane(4)).to_contain_text(image(8, 8))


def test_mammograms_hang_in_their_places_and_a_missing_view_is_named(viewer: Viewer) -> None:
    viewer.open()

    viewer.tool("Mammography", "Layout")

    for number, view in enumerate(["R CC", "L CC", "R MLO"], start=1):
        expect(viewer.pane(number)).to_contain_text(view)
    expect(viewer.pane(4)).to_contain_text("L MLO is not in this study.")


def test_it_plays_at_the_speed_that_is_chosen(viewer: Viewer) -> None:
    viewer.open()

    viewer.tool("Play")
    expect(viewer.pane()).not_to_contain_text(image(1))
    viewer.page.get_by_role("slider", name="Images a second").fill("30")
    viewer.page.get_by_role("button", name="Stop").click()

    expect(viewer.page.get_by_role("slider", name="Images a second")).to_have_count(0)


def test_everything_by_keyboard_alone(viewer: Viewer) -> None:
    viewer.open()
    page, pane = viewer.page, viewer.pane()
    assert pane.evaluate(FOCUSED), "the image has the focus, so that its keys work at once"

    for key, words in [("2", "Window 40 / 400"), ("3", "Window -600 / 1500"), ("1", "Window 40 / 400")]:
        page.keyboard.press(key)
        expect(pane).to_contain_text(words)
    page.keyboard.press("l")
    for key in ["Enter", *["Shift+ArrowRight"] * 5, "Enter"]:
        page.keyboard.press(key)
    viewer.said("Length: .* mm$")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    for key in ["Enter", *["Shift+ArrowRight"] * 3, *["Shift+ArrowDown"] * 3, "Enter"]:
        page.keyboard.press(key)
    viewer.said("Ellipse: Mean")
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    expect(viewer.status).to_have_text("Measurement removed.")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    expect(page.get_by_role("heading", name="Keys")).to_be_focused()
    page.keyboard.press("Escape")
    expect(pane).to_be_focused()

    toolbar = page.get_by_role("toolbar", name="Tools")
    first = toolbar.get_by_role("button", name="Scroll", exact=True)
    reach(page, first)
    page.keyboard.press("ArrowRight")
    expect(toolbar.get_by_role("button", name="Window", exact=True)).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(toolbar.get_by_role("button", name="Zoom", exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    assert not toolbar.evaluate("bar => bar.contains(document.activeElement)"), "the toolbar is one stop"


def reach(page: Page, wanted: Locator) -> None:
    for _ in range(60):
        if wanted.evaluate(FOCUSED):
            return
        page.keyboard.press("Shift+Tab")
    raise AssertionError(f"The Tab key does not reach {wanted}.")


def test_an_image_is_saved_with_its_patient_and_recorded_first(viewer: Viewer) -> None:
    viewer.open(image=2)

    with viewer.page.expect_download() as saving:
        viewer.tool("Save this image", "More")

    picture = Image.open(io.BytesIO(saving.value.path().read_bytes()))
    assert saving.value.suggested_filename == "image-1-2.png"
    canvas = viewer.pane().locator("canvas").first
    assert picture.height > canvas.evaluate("canvas => canvas.height"), "the lines under it are missing"
    event = AuditEvent.objects.get(action=Action.IMAGE_SAVE)
    assert event.placement_uuid == viewer.placement.uuid


def test_a_sheet_has_every_image_that_is_shown_each_recorded(viewer: Viewer) -> None:
    viewer.open()
    viewer.page.evaluate("window.print = () => { window.printed = true; }")
    viewer.tool("Two side by side", "Layout")
    viewer.pane(2).click()
    viewer.series("Chest").click()
    viewer.has_full_quality(2)

    viewer.tool("Print", "More")

    viewer.page.wait_for_function("window.printed")
    viewer.page.emulate_media(media="print")
    expect(viewer.page.locator(".viewer-print img")).to_have_count(2)
    expect(viewer.page.get_by_role("toolbar", name="Tools")).to_be_hidden()
    assert AuditEvent.objects.filter(action=Action.IMAGE_PRINT).count() == 2


def test_nothing_is_saved_that_could_not_be_recorded(viewer: Viewer) -> None:
    viewer.open()
    viewer.page.route("**/viewer/saved/", lambda route: route.fulfill(status=503))

    viewer.tool("Save this image", "More")

    expect(viewer.page.get_by_text("The image was not saved").first).to_be_visible()
    assert not AuditEvent.objects.filter(action=Action.IMAGE_SAVE).exists()
    viewer.meant = "status of 503"


def test_the_link_leads_to_this_very_image(viewer: Viewer) -> None:
    viewer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    viewer.open()
    viewer.pane().press("End")
    viewer.tool("Lung", "Presets")

    viewer.tool("Copy the link", "More")
    expect(viewer.status).to_contain_text("Link copied")
    link = viewer.page.evaluate("navigator.clipboard.readText()")
    viewer.page.goto(link)

    viewer.has_full_quality()
    expect(viewer.pane()).to_contain_text(image(16))
    expect(viewer.pane()).to_contain_text("Window -600 / 1500")


@pytest.mark.parametrize("blanks", [True, False])
def test_when_the_right_ends_the_viewer_says_so(viewer: Viewer, cast: Cast, blanks: bool) -> None:
    account = cast.ct.account
    assert account is not None
    account.blanks_images = blanks
    account.save(update_fields=["blanks_images"])
    viewer.open()
    viewer.meant = "status of 40[134]|ERR_ABORTED"
    viewer.page.context.clear_cookies()

    viewer.series("Chest").click()
    viewer.page.wait_for_timeout(300)
    viewer.series("Colour").click()

    expect(viewer.page.locator("#viewer-alert")).to_contain_text(re.compile("signed out|no longer open"))
    if blanks:
        expect(viewer.pane()).not_to_contain_text("Window")


@pytest.mark.parametrize("layout", ["One image", "Four images", "Three planes"])
def test_axe_finds_nothing(viewer: Viewer, layout: str, screenshots: Any) -> None:
    viewer.open(image=5)
    viewer.tool(layout, "Layout")
    if layout == "Three planes":
        viewer.has_full_quality(3)

    name = layout.split()[0].lower()
    look_over(
        viewer.page,
        [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)],
        str(screenshots / f"viewer-{name}-{{}}-{{}}.png"),
    )


def test_axe_finds_nothing_in_the_list_of_keys(viewer: Viewer, screenshots: Any) -> None:
    viewer.open()
    viewer.tool("Keys", "More")

    look_over(viewer.page, [("light", 1280), ("dark", 390)], str(screenshots / "viewer-keys-{}-{}.png"))


class Fingers:
    """Touches on the pane of a phone; points are of the screen."""

    def __init__(self, page: Page) -> None:
        self.session = page.context.new_cdp_session(page)

    def send(self, kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    def move(self, *ways: tuple[tuple[float, float], tuple[float, float]], lift: bool = True) -> None:
        self.send("touchStart", *(start for start, _ in ways))
        for step in range(1, 11):
            self.send(
                "touchMove", *((a + (c - a) * step / 10, b + (d - b) * step / 10) for (a, b), (c, d) in ways)
            )
        if lift:
            self.send("touchEnd")


def test_fingers_scroll_zoom_window_and_ask_for_a_value(
    browser: Browser, cast: Cast, live_server: Any, taken_in: Any, screenshots: Any
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    let_in(context, cast.ana, live_server.url)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    viewer = Viewer(page, live_server.url, taken_in, complaints)
    page.goto(f"{live_server.url}{reverse('studies:viewer', args=[taken_in.uuid])}?image=8")
    viewer.has_full_quality()
    pane, fingers = viewer.pane(), Fingers(page)
    x, y = viewer.point(COLUMNS / 2, ROWS / 2)
    zoom = pane.get_by_text(re.compile("^Zoom"))
    before = zoom.inner_text()

    fingers.move(((x, y), (x, y + 60)))
    expect(pane).not_to_contain_text(image(8))
    fingers.move(((x - 20, y), (x - 80, y)), ((x + 20, y), (x + 80, y)))
    expect(zoom).not_to_have_text(before)
    expect(pane).to_contain_text("Window 40 / 400")
    fingers.move(((x - 20, y), (x + 10, y + 60)), ((x + 20, y), (x + 50, y + 60)))
    expect(pane).not_to_contain_text("Window 40 / 400")
    fingers.send("touchStart", (x, y))
    expect(viewer.status).to_contain_text("HU")
    page.screenshot(path=screenshots / "viewer-fingers-390.png", caret="initial")
    fingers.send("touchEnd")

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []
    context.close()
