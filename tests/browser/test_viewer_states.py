"""The links of a presentation state show its image as DCMTK, which nobody here wrote, shows it by that state."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from studies.models import Placement
from tests.browser.viewer_files import is_alike
from tests.browser.viewer_study import Viewer, dicom_storage, prepare, taken_in, viewer
from tests.cast import Cast

__all__ = ["dicom_storage", "taken_in", "viewer"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        shutil.which("dcmp2pgm") is None, reason="DCMTK (Debian's dcmtk) is not installed here."
    ),
]

# Of no symmetry: each of the ways to turn and mirror it gives another picture.
IMAGE = Path(str(get_testdata_file("MR_small.dcm")))
WINDOW = (900, 1100)
WAYS = [(turn, flip, "IDENTITY") for turn in (0, 90, 180, 270) for flip in ("N", "Y")]
WAYS += [(0, "N", "INVERSE"), (90, "Y", "INVERSE")]


def state(folder: Path, turn: int = 0, flip: str = "N", shape: str = "IDENTITY") -> Path:
    path = folder / f"{turn}{flip}{shape}.dcm"
    subprocess.run(["dcmpsmk", IMAGE, path], check=True, capture_output=True)
    ds = dcmread(path)
    ds.SeriesNumber, ds.ContentLabel = 2, f"TURN{turn}{flip}"
    ds.PresentationLUTShape = shape
    [window] = ds.SoftcopyVOILUTSequence
    window.WindowCenter, window.WindowWidth = WINDOW
    ds.ImageRotation, ds.ImageHorizontalFlip = turn, flip
    ds.save_as(path)
    return path


def as_dcmtk_shows_it(path: Path) -> Image.Image:
    picture = path.with_suffix(".pgm")
    subprocess.run(["dcmp2pgm", "-p", path, IMAGE, picture], check=True, capture_output=True)
    return Image.open(picture).convert("RGB")


def test_the_links_of_a_state_window_turn_flip_and_invert_its_image(
    viewer: Viewer, cast: Cast, tmp_path: Path
) -> None:
    paths = {way: state(tmp_path, *way) for way in WAYS}
    prepare(cast, [path.read_bytes() for path in [IMAGE, *paths.values()]])
    study = dcmread(IMAGE).StudyInstanceUID
    placement = Placement.objects.get(study__study_instance_uid=study)
    expected = {way: as_dcmtk_shows_it(path) for way, path in paths.items()}
    instances = {each.sop_instance_uid: each for each in placement.study.instances.all()}

    drawn = {}
    for way, path in paths.items():
        instance = instances[dcmread(path).SOPInstanceUID]
        viewer.page.goto(f"{viewer.site}/placements/{placement.uuid}/viewer/objects/{instance.uuid}/")
        viewer.page.locator(".places a").first.click()
        viewer.has_full_quality()
        expect(viewer.pane()).to_contain_text(f"Window {WINDOW[0]} / {WINDOW[1]}")
        wide, high = expected[way].size
        drawn[way] = viewer.drawn(rows=high, columns=wide, by_dots=Image.Resampling.NEAREST)

    assert {way: is_alike(drawn[way], expected[way]) for way in WAYS} == dict.fromkeys(WAYS, True)
    # The comparison tells the ten from each other.
    others = [(one, other) for one in WAYS for other in WAYS if one != other]
    assert not any(is_alike(expected[one], expected[other]) for one, other in others)
    assert np.ptp(np.asarray(expected[WAYS[0]])) > 100


def drawn_on(path: Path) -> None:
    """A shutter around the middle, a rectangle of lines, and a text."""
    ds = dcmread(path)
    ds.ShutterShape, ds.ShutterPresentationValue = "CIRCULAR", 0
    ds.CenterOfCircularShutter, ds.RadiusOfCircularShutter = [32, 32], 20
    frame, text, annotation, layer = Dataset(), Dataset(), Dataset(), Dataset()
    frame.GraphicAnnotationUnits, frame.GraphicDimensions, frame.NumberOfGraphicPoints = "PIXEL", 2, 5
    frame.GraphicData = [24, 24, 40, 24, 40, 40, 24, 40, 24, 24]
    frame.GraphicType, frame.GraphicFilled = "POLYLINE", "N"
    text.AnchorPointAnnotationUnits, text.AnchorPoint = "PIXEL", [26.0, 26.0]
    text.AnchorPointVisibility, text.UnformattedTextValue = "N", "Nodule"
    annotation.GraphicLayer, layer.GraphicLayer, layer.GraphicLayerOrder = "A", "A", 1
    annotation.GraphicObjectSequence, annotation.TextObjectSequence = Sequence([frame]), Sequence([text])
    ds.GraphicAnnotationSequence, ds.GraphicLayerSequence = Sequence([annotation]), Sequence([layer])
    ds.save_as(path)
    # DCMTK finds nothing that a presentation state must not have.
    checked = subprocess.run(["dcmpschk", path], check=True, capture_output=True, text=True)
    assert "passed" in checked.stdout + checked.stderr


def test_drawings_and_the_shutter_of_a_state_are_over_its_image_and_saved_with_it(
    viewer: Viewer, cast: Cast, tmp_path: Path
) -> None:
    path = state(tmp_path)
    drawn_on(path)
    prepare(cast, [IMAGE.read_bytes(), path.read_bytes()])
    placement = Placement.objects.get(study__study_instance_uid=dcmread(IMAGE).StudyInstanceUID)
    instance = placement.study.instances.get(sop_instance_uid=dcmread(path).SOPInstanceUID)
    viewer.page.goto(f"{viewer.site}/placements/{placement.uuid}/viewer/objects/{instance.uuid}/")
    expect(viewer.page.get_by_role("main")).to_contain_text("2 drawings")
    viewer.page.locator(".places a").first.click()
    viewer.has_full_quality()

    expect(viewer.pane()).to_contain_text("Presentation state TURN0N")
    expect(viewer.pane()).to_contain_text("Nodule")
    with viewer.page.expect_download() as saving:
        viewer.tool("Save this image", "More")
    picture = Image.open(saving.value.path()).convert("RGB")
    pane = viewer.pane().bounding_box()
    assert pane is not None
    by = picture.width / pane["width"]

    def seen(x: float, y: float) -> tuple[int, ...]:
        at = viewer.point(x, y, rows=64, columns=64)
        pixel = picture.getpixel((int((at[0] - pane["x"]) * by), int((at[1] - pane["y"]) * by)))
        assert isinstance(pixel, tuple)
        return pixel

    assert seen(3, 32) == seen(60, 32) == (0, 0, 0)
    assert min(seen(46, 32)) > 100
    for x, y in [(24, 34), (40, 34), (34, 24), (34, 40)]:
        red, _green, blue = seen(x, y)
        assert red > 200
        assert blue < 150
    assert seen(34, 34) == (0, 0, 0)
    # Y hides the drawings; the shutter stays.
    viewer.pane().press("y")
    expect(viewer.pane().locator("[data-drawings]")).to_have_count(0)
    expect(viewer.pane().locator("[data-shutter]")).to_have_count(1)
    expect(viewer.pane()).to_contain_text("Overlay hidden")
