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

# Of no symmetry: each of the eight ways to turn and mirror it gives another picture.
IMAGE = Path(str(get_testdata_file("MR_small.dcm")))
WINDOW = (900, 1100)
WAYS = [(turn, flip) for turn in (0, 90, 180, 270) for flip in ("N", "Y")]


def state(folder: Path, turn: int, flip: str) -> Path:
    path = folder / f"{turn}{flip}.dcm"
    subprocess.run(["dcmpsmk", IMAGE, path], check=True, capture_output=True)
    ds = dcmread(path)
    ds.SeriesNumber, ds.ContentLabel = 2, f"TURN{turn}{flip}"
    [window] = ds.SoftcopyVOILUTSequence
    window.WindowCenter, window.WindowWidth = WINDOW
    ds.ImageRotation, ds.ImageHorizontalFlip = turn, flip
    ds.save_as(path)
    return path


def as_dcmtk_shows_it(path: Path) -> Image.Image:
    picture = path.with_suffix(".pgm")
    subprocess.run(["dcmp2pgm", "-p", path, IMAGE, picture], check=True, capture_output=True)
    return Image.open(picture).convert("RGB")


def test_the_links_of_a_state_window_turn_and_flip_its_image(
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
    # The comparison tells the eight from each other.
    others = [(one, other) for one in WAYS for other in WAYS if one != other]
    assert not any(is_alike(expected[one], expected[other]) for one, other in others)
    assert np.ptp(np.asarray(expected[WAYS[0]])) > 100
