"""The viewer's pixels in a real browser: what the file says, at once in reduced form, and through a line that drops."""

import io
import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, Route, expect
from pydicom import dcmread

from cimar.demo import made
from cimar.demo.studies import STUDIES
from studies import services
from studies.ingest.sources import Source
from studies.models import Placement, ViewCopy
from tests.browser.steps import let_in
from tests.cast import acting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SLICES = 12
# Of 255 grey levels.
MOST_OFF = 2
# On average, of a reduced picture: near to the slice's own values, and never a blank frame.
MOST_OFF_REDUCED = 12
CANVAS = "document.querySelector('#viewer-grid canvas')"
PIXELS = "**/pixels/*"
FULL, REDUCED = "#viewer-grid canvas[data-quality=full]", "#viewer-grid canvas[data-quality=reduced]"


@pytest.fixture(scope="module")
def scan() -> list[bytes]:
    """Slices of the computed head, the middle of the skull among them."""
    study = next(study for study in STUDIES if study.slices)
    slices = made.volume(replace(study, slices=SLICES), day=date(2026, 11, 2), institution="Northgate")
    return [data for _, data in slices]


@pytest.fixture
def viewer_url(cast, live_server, scan: list[bytes]) -> str:
    sources = [
        Source(f"slice {n}", lambda data=data: io.BytesIO(data)) for n, data in enumerate(scan, start=1)
    ]
    services.take_in_all(worklist=cast.ct, by=acting(cast.ana), sources=sources)
    services.render_waiting()
    ViewCopy.objects.update(due_at="2020-01-01T00:00Z")
    services.make_waiting_view_copies()
    assert list(ViewCopy.objects.values_list("state", flat=True).distinct()) == [ViewCopy.State.READY]
    placement = Placement.objects.get(worklist=cast.ct, study__n_instances=SLICES)
    return live_server.url + reverse("studies:viewer", args=[placement.uuid])


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def ana(cast, page: Page, live_server, complaints: list[str]) -> Iterator[Page]:
    let_in(page.context, cast.ana, live_server.url)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.unroute_all(behavior="ignoreErrors")


def shown(page: Page) -> np.ndarray[Any, Any]:
    """The grey levels of the canvas."""
    picture = b64decode(page.evaluate(f"{CANVAS}.toDataURL()").partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(picture)).convert("L"), dtype=float)


def expected(file: bytes, shape: tuple[int, int]) -> np.ndarray[Any, Any]:
    """The file's values through its own window (PS3.3 C.11.2.1.2.1), as large as fits, interpolated between pixels."""
    ds = dcmread(io.BytesIO(file))
    values = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
    high, wide = shape
    scale = min(high / ds.Rows, wide / ds.Columns)
    y = (np.arange(high) + 0.5 - (high - ds.Rows * scale) / 2) / scale - 0.5
    x = (np.arange(wide) + 0.5 - (wide - ds.Columns * scale) / 2) / scale - 0.5
    between = _between(_between(values, y).T, x).T
    centre, width = float(ds.WindowCenter), float(ds.WindowWidth)
    grey = np.clip((between - (centre - 0.5)) / (width - 1) + 0.5, 0, 1) * 255
    outside = np.add.outer((y < -0.5) | (y > ds.Rows - 0.5), (x < -0.5) | (x > ds.Columns - 0.5))
    return np.where(outside, 0, grey)


def _between(lines: np.ndarray[Any, Any], at: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    last = len(lines) - 1
    low = np.clip(np.floor(at).astype(int), 0, last)
    high = np.clip(low + 1, 0, last)
    share = np.clip(at - low, 0, 1)[:, None]
    return lines[low] * (1 - share) + lines[high] * share


def opened(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator("#viewer[data-state=shown]")).to_be_attached(timeout=20_000)


def test_the_canvas_shows_the_values_of_the_file_through_its_window(
    ana: Page, viewer_url: str, scan: list[bytes], complaints: list[str]
) -> None:
    for number in (1, SLICES // 2, SLICES):
        opened(ana, f"{viewer_url}?image={number}")
        expect(ana.locator(FULL)).to_be_attached()

        seen = shown(ana)

        off = np.abs(seen - expected(scan[number - 1], seen.shape))
        assert (number, round(float(np.mean(off > MOST_OFF)), 4)) == (number, 0)
    assert complaints == []


def test_every_slice_can_be_scrolled_from_one_request_while_the_rest_is_on_its_way(
    ana: Page, viewer_url: str, scan: list[bytes], complaints: list[str]
) -> None:
    heads = ViewCopy.objects.get().head_size
    held: list[Route] = []
    asked: list[int] = []
    released: list[bool] = []

    def hold(route: Route) -> None:
        first = int(route.request.headers["range"].removeprefix("bytes=").split("-")[0])
        asked.append(first)
        if first >= heads and not released:
            held.append(route)
        else:
            route.continue_()

    ana.route(PIXELS, hold)
    opened(ana, viewer_url)
    ana.mouse.move(700, 500)

    levels = []
    for number in range(1, SLICES + 1):
        expect(ana.locator("#viewer-status")).to_contain_text(f"Image {number} of {SLICES}")
        expect(ana.locator(REDUCED)).to_be_attached()
        seen = shown(ana)
        levels.append(float(np.abs(seen - expected(scan[number - 1], seen.shape)).mean()))
        ana.keyboard.press("ArrowDown")
    assert [round(level) for level in levels if level > MOST_OFF_REDUCED] == []
    assert len([first for first in asked if first < heads]) == 1

    released.append(True)
    for route in held:
        route.continue_()
    expect(ana.locator(FULL)).to_be_attached()
    seen = shown(ana)
    assert np.abs(seen - expected(scan[-1], seen.shape)).max() <= MOST_OFF + 0.5
    assert complaints == []


def test_every_slice_can_be_scrolled_from_its_coarse_part_alone(
    ana: Page, viewer_url: str, scan: list[bytes], complaints: list[str]
) -> None:
    coarse = sum(json.loads(f"{{{ViewCopy.objects.get().part}}}")["coarse"])
    held: list[Route] = []
    released: list[bool] = []

    def cut(route: Route) -> None:
        """The line drops where the coarse parts end, and is not back before it is released."""
        if released:
            route.continue_()
        elif route.request.headers["range"].startswith("bytes=0-"):
            route.fulfill(status=206, body=route.fetch().body()[:coarse])
        else:
            held.append(route)

    ana.route(PIXELS, cut)
    opened(ana, viewer_url)
    ana.mouse.move(700, 500)

    # Over the first image lies the picture that the page brings.
    levels = []
    for number in range(2, SLICES + 1):
        ana.keyboard.press("ArrowDown")
        expect(ana.locator("#viewer-status")).to_contain_text(f"Image {number} of {SLICES}")
        expect(ana.locator(REDUCED)).to_be_attached()
        expect(ana.locator(".pane-corner", has_text="Reduced")).to_be_visible()
        seen = shown(ana)
        levels.append(float(np.abs(seen - expected(scan[number - 1], seen.shape)).mean()))
    assert [round(level) for level in levels if level > MOST_OFF_REDUCED] == []

    released.append(True)
    for route in held:
        route.continue_()
    expect(ana.locator(FULL)).to_be_attached(timeout=20_000)
    seen = shown(ana)
    assert np.abs(seen - expected(scan[-1], seen.shape)).max() <= MOST_OFF + 0.5
    assert complaints == []


def test_a_dropped_connection_is_said_and_what_was_missing_comes_when_it_is_back(
    ana: Page, viewer_url: str, scan: list[bytes]
) -> None:
    is_back: list[bool] = []

    def drop(route: Route) -> None:
        if is_back:
            route.continue_()
        else:
            route.abort("connectionreset")

    ana.route(PIXELS, drop)
    ana.goto(viewer_url)

    expect(ana.locator("#viewer-alert")).not_to_be_empty(timeout=20_000)
    is_back.append(True)
    expect(ana.locator(FULL)).to_be_attached(timeout=20_000)
    expect(ana.locator("#viewer-alert")).to_be_empty()
    seen = shown(ana)
    assert np.abs(seen - expected(scan[0], seen.shape)).max() <= MOST_OFF + 0.5
