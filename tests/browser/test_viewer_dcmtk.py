"""The viewer draws what DCMTK, which nobody here wrote, draws of the same frame: for each modality of the demo."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file

from cimar.demo.studies import STUDIES
from studies.models import Placement
from tests.browser.viewer_study import Viewer, dicom_storage, prepare, taken_in, viewer
from tests.cast import Cast
from tests.dcmtk import DCMTK, dcmtk_picture, needs_dcmtk

__all__ = ["dicom_storage", "taken_in", "viewer"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), needs_dcmtk]

KINDS = [
    "CT",
    "CT without a window",
    "enhanced CT",
    "MR",
    "enhanced MR without a window",
    "CR, MONOCHROME1",
    "US, RGB",
    "US, YBR cine",
    "NM",
    "OT, VOI table",
]
# The image is drawn larger or smaller than it is: compared are the means of as many fields, in grey levels of 255.
FIELDS = (32, 32)
# The viewer enlarges values and then applies the window; DCMTK's picture is enlarged after it: at edges they differ.
MEAN, ALMOST_ALL, WITHIN = 2.0, 0.95, 8


def fields(picture: Image.Image) -> Any:
    return np.asarray(picture.convert("RGB").resize(FIELDS, Image.Resampling.BOX)).astype(int)


def test_the_canvas_shows_each_modality_as_dcmtk_does(viewer: Viewer, cast: Cast, tmp_path: Path) -> None:
    """On average at most 2 of 255 grey levels apart, and 95 of 100 fields within 8."""
    paths = {kind: Path(str(get_testdata_file(DCMTK[kind][0]))) for kind in KINDS}
    prepare(cast, [path.read_bytes() for path in paths.values()])
    apart = {}
    for kind, path in paths.items():
        ds = dcmread(path, stop_before_pixels=True)
        placement = Placement.objects.get(study__study_instance_uid=ds.StudyInstanceUID)
        replace(viewer, placement=placement).open(image=DCMTK[kind][1])
        canvas = fields(viewer.drawn(rows=ds.Rows, columns=ds.Columns))
        apart[kind] = np.abs(canvas - fields(dcmtk_picture(kind, tmp_path)))

    assert {kind: round(float(each.mean()), 2) for kind, each in apart.items() if each.mean() > MEAN} == {}
    near = {kind: float((each <= WITHIN).mean()) for kind, each in apart.items()}
    assert {kind: round(share, 3) for kind, share in near.items() if share < ALMOST_ALL} == {}
    assert all(np.ptp(fields(dcmtk_picture(kind, tmp_path))) > 30 for kind in KINDS)


def test_each_modality_of_the_demo_is_compared() -> None:
    paths = [str(get_testdata_file(DCMTK[kind][0])) for kind in KINDS]

    compared = {dcmread(path, stop_before_pixels=True).Modality for path in paths}

    assert {study.modality for study in STUDIES} - compared == set()
