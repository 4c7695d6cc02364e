"""What the viewer draws and measures, against the values of the images."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.viewer_study import (
    COLUMNS,
    ROWS,
    SPACING,
    Viewer,
    dicom_storage,
    hounsfield,
    taken_in,
    viewer,
)

__all__ = ["dicom_storage", "taken_in", "viewer"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# Where the browser computes WebGL without a graphics card the viewer does not use it; this hides from it who computes.
WITH_WEBGL = """
    const parameter = WebGL2RenderingContext.prototype.getParameter;
    WebGL2RenderingContext.prototype.getParameter = function (name) {
        return name === 0x9246 ? "a graphics card" : parameter.call(this, name);
    };"""
USES_WEBGL = "document.querySelector('[data-stage] canvas').getContext('webgl2') !== null"


def seen(value: float, centre: float, width: float) -> int:
    """PS3.3 C.11.2.1.2.1, on a screen of 256 levels."""
    return round(min(1, max(0, (value - (centre - 0.5)) / (width - 1) + 0.5)) * 255)


@pytest.mark.parametrize("webgl", [True, False])
def test_the_window_changes_the_pixels_as_computed(viewer: Viewer, webgl: bool) -> None:
    if webgl:
        viewer.page.add_init_script(WITH_WEBGL)
    viewer.open(image=3)
    assert viewer.page.evaluate(USES_WEBGL) is webgl
    patches = {(30, 30): 2, (170, 30): 62, (30, 210): -698, (170, 210): 402}

    for preset, centre, width in [("As stored", 40, 400), ("Lung", -600, 1500), ("Brain", 40, 80)]:
        viewer.tool(preset, "Presets")
        expect(viewer.pane()).to_contain_text(f"Window {centre} / {width}")
        for point, value in patches.items():
            grey = viewer.grey(*point)
            assert max(grey) - min(grey) == 0
            assert abs(grey[0] - seen(value, centre, width)) <= 1, (preset, point)

    viewer.tool("Invert", "Image")
    assert abs(viewer.grey(170, 30)[0] - (255 - seen(62, 40, 80))) <= 1


def test_colours_are_those_of_the_file_and_have_no_lengths(viewer: Viewer) -> None:
    viewer.open()
    viewer.series("Colour").click()
    viewer.has_full_quality()

    assert viewer.grey(80, 60, rows=120, columns=160) == (200, 40, 90)
    viewer.tool("Length", "Measure")
    viewer.drag((20, 20), (120, 90), rows=120, columns=160)
    expect(viewer.status).to_contain_text("No length can be measured")


def test_an_image_that_was_compressed_with_loss_says_so_beside_its_name(viewer: Viewer) -> None:
    viewer.open()
    expect(viewer.pane()).not_to_contain_text("Lossy compression")

    viewer.series("Colour").click()
    viewer.has_full_quality()

    expect(viewer.pane()).to_contain_text("Lossy compression 10 : 1")
    expect(viewer.page.get_by_label("Lossy compression 10 : 1")).to_be_visible()


def test_a_known_length_is_within_one_per_cent(viewer: Viewer) -> None:
    viewer.open()
    viewer.tool("Length", "Measure")

    for start, end in [((20, 30), (180, 30)), ((40, 40), (160, 200))]:
        viewer.drag(start, end)
        known = np.hypot((end[0] - start[0]) * SPACING[1], (end[1] - start[1]) * SPACING[0])
        (mm,) = viewer.said("Length: [0-9.]+ mm$")
        assert mm == pytest.approx(known, rel=0.01)
        viewer.page.keyboard.press("Shift+Delete")


def test_lengths_of_a_radiograph_are_those_at_the_detector(viewer: Viewer) -> None:
    viewer.open()
    viewer.series("Chest").click()
    viewer.has_full_quality()

    viewer.tool("Length", "Measure")
    viewer.drag((50, 100), (250, 100), rows=200, columns=300)

    (mm,) = viewer.said("mm at the detector$")
    assert mm == pytest.approx(40, rel=0.01)


@pytest.mark.parametrize("kind", ["Ellipse", "Rectangle"])
def test_mean_and_deviation_are_numpys(viewer: Viewer, kind: str) -> None:
    viewer.open(image=5)
    viewer.tool(kind, "Measure")
    # Corners in the middle of an edge of pixels: which pixels lie within does not hang on a fraction of a pixel.
    start, end = (80.25, 105.25), (120.25, 135.25)

    viewer.drag(start, end)

    y, x = np.mgrid[:ROWS, :COLUMNS] + 0.5
    across, down = (x - 100.25) / 20, (y - 120.25) / 15
    inside = across**2 + down**2 <= 1 if kind == "Ellipse" else (abs(across) <= 1) & (abs(down) <= 1)
    values = hounsfield(4)[inside]
    mean, deviation, least, most, area = viewer.said(f"{kind}: Mean .* HU; SD .* HU; .* HU; Area .*cm²")[:5]
    assert mean == pytest.approx(values.mean(), abs=1.5)
    assert deviation == pytest.approx(values.std(), abs=1.5)
    assert (least, most) == (pytest.approx(values.min(), abs=3), pytest.approx(values.max(), abs=3))
    square_mm = 20 * 15 * (np.pi / 4 if kind == "Ellipse" else 1)
    assert area == pytest.approx(square_mm / 100, rel=0.02)


def test_the_value_of_a_point_has_its_unit(viewer: Viewer) -> None:
    viewer.open(image=3)
    viewer.tool("Value at a point", "Measure")

    viewer.page.mouse.click(*viewer.point(30, 210))

    assert viewer.said("Value: .* HU") == [-698]


def test_planes_across_the_slices_show_the_values_of_the_slices(viewer: Viewer) -> None:
    viewer.open(image=8)
    viewer.tool("Three planes", "Layout")
    expect(viewer.pane(2)).to_contain_text("Coronal")
    expect(viewer.pane(3)).to_contain_text("Sagittal")
    viewer.has_full_quality(2)
    viewer.has_full_quality(3)

    # The crosshair is in the middle of the patient: row 120 of every slice. The window is the file's.
    viewer.pane(2).focus()
    for _ in range(60):
        viewer.page.keyboard.press("ArrowUp")
    expect(viewer.pane(2)).to_contain_text("Image 61 of 240")
    box = viewer.pane(2).bounding_box()
    assert box is not None
    # 200 columns of 0.5 mm and 16 slices of 2 mm: 100 by 32 mm.
    scale = box["width"] / COLUMNS
    middle = box["height"] / 2
    url = (
        viewer.pane(2)
        .locator("canvas")
        .first.evaluate(
            """(canvas, [x, y]) => {
            const copy = document.createElement("canvas");
            Object.assign(copy, { width: canvas.width, height: canvas.height });
            const flat = copy.getContext("2d");
            flat.drawImage(canvas, 0, 0);
            const by = canvas.width / canvas.clientWidth;
            return flat.getImageData(x * by, y * by, 1, 1).data[0];
        }""",
            [150 * scale, middle + 2 * scale],
        )
    )
    # Heads are up: half a slice below the middle of 16 is the eighth from the feet, number 7.
    assert abs(url - seen(60 + 7, 40, 400)) <= 2


def test_a_series_that_is_no_volume_says_so(viewer: Viewer) -> None:
    viewer.open()
    viewer.series("Chest").click()
    viewer.has_full_quality()

    viewer.tool("Three planes", "Layout")

    expect(viewer.page.get_by_text("No planes: the series has too few slices.").first).to_be_visible()
