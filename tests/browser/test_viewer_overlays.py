"""Overlays of the file are drawn over its images where DCMTK draws them, are hidden by a switch, and turn along."""

import io
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from pydicom import dcmread
from pydicom.data import get_testdata_file

from studies.models import Placement
from tests.bad_files import as_bytes
from tests.browser.viewer_study import COLUMNS, STUDY, Viewer, ct, dicom_storage, prepare, taken_in, viewer
from tests.cast import Cast
from tests.dcmtk import dcmtk_picture, needs_dcmtk
from tests.factories import make_uid

__all__ = ["dicom_storage", "taken_in", "viewer"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCAN = "MR-SIEMENS-DICOM-WithOverlays.dcm"
LAYER = ".pane-overlay"
# A pane draws within a frame of the screen.
DRAWN_ANEW = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
NOTE = "An overlay of this image (drawings or text) is drawn over it."


def opened(viewer: Viewer, cast: Cast, data: bytes, *, state: str = "shown") -> Any:
    prepare(cast, [data])
    ds = dcmread(io.BytesIO(data))
    placement = Placement.objects.get(study__study_instance_uid=ds.StudyInstanceUID)
    replace(viewer, placement=placement).open()
    expect(viewer.page.locator(LAYER)).to_have_attribute("data-state", state)
    return ds


def scan() -> bytes:
    return Path(str(get_testdata_file(SCAN))).read_bytes()


def layer(viewer: Viewer) -> Any:
    """Where the layer over the canvas has something, dot by dot."""
    url = viewer.page.locator(LAYER).evaluate("canvas => canvas.toDataURL()")
    return np.asarray(Image.open(io.BytesIO(b64decode(url.partition(",")[2]))).convert("RGBA"))[..., 3] > 0


def on_image(viewer: Viewer, mask: Any, ds: Any) -> Any:
    """The same of the image's own pixels: of each the dot in its middle."""
    box = viewer.pane().bounding_box()
    assert box is not None
    by = mask.shape[1] / box["width"]
    ends = [viewer.point(x, y, rows=ds.Rows, columns=ds.Columns) for x, y in [(0.5, 0.5), (1.5, 1.5)]]
    (x, y), (next_x, next_y) = [((left - box["x"]) * by, (top - box["y"]) * by) for left, top in ends]
    across = (x + (next_x - x) * np.arange(ds.Columns)).astype(int)
    down = (y + (next_y - y) * np.arange(ds.Rows)).astype(int)
    return mask[np.ix_(down, across)]


@needs_dcmtk
def test_the_viewer_draws_overlays_where_dcmtk_does(viewer: Viewer, cast: Cast, tmp_path: Path) -> None:
    viewer.page.set_viewport_size({"width": 1280, "height": 1100})
    ds = opened(viewer, cast, scan())

    theirs = np.asarray(dcmtk_picture("MR with overlays", tmp_path).convert("L"))
    ours = on_image(viewer, layer(viewer), ds)

    assert ours.sum() > 100
    # Each pixel that the viewer marks is white with DCMTK, and the marks are those of the file.
    assert (theirs[ours] == 255).mean() > 0.99
    bits = sum(ds.overlay_array(group).astype(int) for group in (0x6000,))
    assert (ours == (bits > 0)).mean() > 0.999


def test_a_switch_hides_overlays_and_says_so(viewer: Viewer, cast: Cast) -> None:
    opened(viewer, cast, scan())
    expect(viewer.page.locator("#viewer-notes")).to_contain_text(NOTE)
    expect(viewer.pane()).not_to_contain_text("Overlay hidden")

    viewer.tool("Overlays", "Image")

    expect(viewer.page.locator(LAYER)).to_be_hidden()
    expect(viewer.pane()).to_contain_text("Overlay hidden")
    expect(viewer.status).to_contain_text("Overlays are hidden.")
    viewer.pane().press("y")
    expect(viewer.page.locator(LAYER)).to_be_visible()
    expect(viewer.pane()).not_to_contain_text("Overlay hidden")


def test_overlays_turn_with_the_image(viewer: Viewer, cast: Cast) -> None:
    opened(viewer, cast, scan())
    before = layer(viewer)
    rows, columns = np.nonzero(before)
    width = before.shape[1]

    viewer.tool("Flip left and right", "Image")
    viewer.has_full_quality()

    expect(viewer.page.locator(LAYER)).to_be_visible()
    viewer.page.evaluate(DRAWN_ANEW)
    after = layer(viewer)
    assert after.sum() == pytest.approx(before.sum(), rel=0.02)
    assert np.nonzero(after)[1].mean() == pytest.approx(width - 1 - columns.mean(), abs=1)
    assert np.nonzero(after)[0].mean() == pytest.approx(rows.mean(), abs=1)


def test_an_overlay_that_cannot_be_drawn_is_named(viewer: Viewer, cast: Cast) -> None:
    ds = dcmread(io.BytesIO(scan()))
    ds[0x60000010].value = 4000

    opened(viewer, cast, as_bytes(ds), state="none")

    expect(viewer.page.locator("#viewer-notes")).to_contain_text(
        "Marks drawn in the image file are not shown."
    )


def test_a_picture_has_its_overlays_in_it_and_they_stay(viewer: Viewer, cast: Cast) -> None:
    """Values of 32 bits are shown as pictures alone."""
    ds = dcmread(io.BytesIO(scan()))
    values = np.full((ds.Rows, ds.Columns), 70_000, dtype="<u4")
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelData = 32, 32, 31, values.tobytes()

    prepare(cast, [as_bytes(ds)])
    placement = Placement.objects.get(study__study_instance_uid=ds.StudyInstanceUID)
    viewer.page.goto(f"{viewer.site}/placements/{placement.uuid}/viewer/")
    viewer.has_full_quality(quality="picture")
    expect(viewer.page.locator("#viewer-notes")).to_contain_text(NOTE)

    viewer.tool("Overlays", "Image")

    expect(viewer.status).to_contain_text("Overlays are part of this picture and stay.")


def glass_has_ink(viewer: Viewer) -> int:
    """Dots that the overlay has under the magnifier."""
    url = viewer.page.locator(f".pane-glass {LAYER}").evaluate("canvas => canvas.toDataURL()")
    picture = np.asarray(Image.open(io.BytesIO(b64decode(url.partition(",")[2]))).convert("RGBA"))
    return int((picture[..., 3] > 0).sum())


def test_the_magnifier_shows_overlays_twice_as_large_and_hides_them_with_the_switch(
    viewer: Viewer, cast: Cast
) -> None:
    ds = opened(viewer, cast, scan())
    rows, columns = np.nonzero(ds.overlay_array(0x6000))
    middle = (columns[0] + 0.5, rows[0] + 0.5)
    glass = viewer.page.locator(".pane-glass")
    viewer.pane().press("g")

    viewer.page.mouse.move(*viewer.point(*middle, rows=ds.Rows, columns=ds.Columns))
    viewer.page.mouse.down()

    expect(glass).to_be_visible()
    expect(glass.locator(LAYER)).to_have_attribute("data-state", "shown")
    assert glass_has_ink(viewer) > 0
    viewer.page.mouse.up()
    expect(glass).to_be_hidden()
    viewer.pane().press("y")
    viewer.page.mouse.down()
    expect(glass.locator(LAYER)).to_have_attribute("data-state", "hidden")
    expect(glass.locator(LAYER)).to_be_hidden()
    viewer.page.mouse.up()


def marked_slices() -> list[bytes]:
    """A volume of which each slice has a column of overlay at its own place."""
    series, files = make_uid(), []
    for number in range(8):
        ds = dcmread(io.BytesIO(ct(number, series)))
        bits = np.zeros((ds.Rows, ds.Columns), dtype=np.uint8)
        bits[:, 20 + number] = 1
        ds.add_new(0x60000010, "US", ds.Rows)
        ds.add_new(0x60000011, "US", ds.Columns)
        ds.add_new(0x60000040, "CS", "G")
        ds.add_new(0x60000050, "SS", [1, 1])
        ds.add_new(0x60000100, "US", 1)
        ds.add_new(0x60000102, "US", 0)
        ds.add_new(0x60003000, "OW", np.packbits(bits, bitorder="little").tobytes())
        ds.StudyInstanceUID = f"{ds.StudyInstanceUID}.9"
        files.append(as_bytes(ds))
    return files


def test_planes_through_a_volume_have_the_overlays_of_its_slices(viewer: Viewer, cast: Cast) -> None:
    prepare(cast, marked_slices())
    placement = Placement.objects.get(study__study_instance_uid=f"{STUDY}.9")
    replace(viewer, placement=placement).open()

    viewer.tool("Three planes", "Layout")

    expect(viewer.pane(2)).to_contain_text("Coronal")
    coronal = viewer.pane(2).locator(LAYER)
    expect(coronal).to_have_attribute("data-state", "shown")
    url = coronal.evaluate("canvas => canvas.toDataURL()")
    picture = np.asarray(Image.open(io.BytesIO(b64decode(url.partition(",")[2]))).convert("RGBA"))
    rows, columns = np.nonzero(picture[..., 3] > 0)
    # 200 columns across the pane; heads are up, and the lowest slice has its column furthest to the left.
    by = picture.shape[1] / COLUMNS
    assert columns[rows == rows.max()].mean() / by == pytest.approx(20.5, abs=1)
    assert columns[rows == rows.min()].mean() / by == pytest.approx(27.5, abs=1)
    viewer.pane(2).press("y")
    expect(viewer.pane(2)).to_contain_text("Overlay hidden")
