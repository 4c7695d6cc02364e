"""View copies of unusual series: without pictures, without images, with values for each slice or frame, too large."""

import io
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from pydicom.dataset import Dataset

from studies.models import Instance, ViewCopy
from studies.renderer import NO_PHOTOMETRIC, TOO_MANY_IMAGES, TOO_SLOW, TOO_WIDE
from studies.services import packing, view_copies
from tests.bad_files import Homes, dicom, dicom_storage, homes
from tests.studies.view_copies import made_of, part, unpacked

__all__ = ["dicom_storage", "homes"]
pytestmark = pytest.mark.usefixtures("dicom_storage")


def test_a_series_with_an_image_that_has_a_picture_alone_is_shown_by_pictures(homes: Homes) -> None:
    wide = np.full(64, 100_000, "<u4")
    copy = made_of(
        homes,
        dicom(),
        dicom(InstanceNumber=2, BitsAllocated=32, BitsStored=32, HighBit=31, PixelData=wide.tobytes()),
    )

    assert (copy.state, copy.uuid, copy.n_frames, copy.failed) == (ViewCopy.State.FAILED, None, 2, [])
    assert copy.note == TOO_WIDE
    assert copy.cover in {*Instance.objects.values_list("uuid", flat=True)}
    assert len(part(copy)["instance"]) == 2


def test_an_image_without_a_picture_is_named_and_the_rest_is_packed(homes: Homes) -> None:
    copy = made_of(
        homes, dicom(), dicom(InstanceNumber=2, PhotometricInterpretation="CMYK"), dicom(InstanceNumber=3)
    )

    assert (copy.state, copy.n_frames) == (ViewCopy.State.READY, 3)
    assert copy.failed == [[1, NO_PHOTOMETRIC]]
    columns = part(copy)
    assert [columns[word][1] for word in ("coarse", "head", "tail")] == [0, 0, 0]
    assert [frame is not None for frame in unpacked(copy)] == [True, False, True]


def test_a_series_of_objects_without_images_has_none(homes: Homes) -> None:
    report = dicom(SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", PixelData=None, Rows=None, Columns=None)

    assert made_of(homes, report).state == ViewCopy.State.NONE


def test_a_slope_for_each_slice_is_a_column(homes: Homes) -> None:
    copy = made_of(
        homes,
        *(
            dicom(
                InstanceNumber=n,
                Units="BQML",
                RescaleSlope=n + 0.5,
                RescaleIntercept=0,
                WindowCenter=n,
                WindowWidth=9,
            )
            for n in (1, 2, 3)
        ),
    )

    columns = part(copy)
    assert columns["rescale_each"] == [[1.5, 0], [2.5, 0], [3.5, 0]]
    assert columns["window_each"] == [[1, 9], [2, 9], [3, 9]]
    assert columns["group"] == [[0, 3]]


def test_frames_of_an_enhanced_object_have_their_own_places_and_values(homes: Homes) -> None:
    def group(n: int) -> Dataset:
        return item(
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, n * 2])],
            FrameVOILUTSequence=[item(WindowCenter=50, WindowWidth=100 + n)],
            PixelValueTransformationSequence=[item(RescaleSlope=2, RescaleIntercept=n, RescaleType="US")],
        )

    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=[0, 1, 0, 0, 0, -1])],
        PixelMeasuresSequence=[item(PixelSpacing=[0.4, 0.3], SliceThickness=2)],
    )
    copy = made_of(
        homes,
        dicom(
            NumberOfFrames=3,
            PixelData=np.arange(3 * 64, dtype="<u2").tobytes(),
            SharedFunctionalGroupsSequence=[shared],
            PerFrameFunctionalGroupsSequence=[group(n) for n in range(3)],
        ),
    )

    columns = part(copy)
    [told] = columns["groups"]
    assert (told["orientation"], told["spacing"], told["thickness"]) == ([0, 1, 0, 0, 0, -1], [0.4, 0.3], 2)
    assert columns["position"] == [[0, 0, 0], [0, 0, 2], 3]
    assert columns["rescale_each"] == [[2, 0], [2, 1], [2, 2]]
    assert columns["window_each"] == [[50, 100], [50, 101], [50, 102]]
    assert columns["instance_frames"] == [[3, 1]]


def test_regions_of_an_ultrasound_image_keep_their_units(homes: Homes) -> None:
    region = item(
        RegionLocationMinX0=1, RegionLocationMinY0=2, RegionLocationMaxX1=6, RegionLocationMaxY1=7,
        PhysicalUnitsXDirection=4, PhysicalUnitsYDirection=7, PhysicalDeltaX=0.01, PhysicalDeltaY=-0.5,
        RegionSpatialFormat=3, RegionDataType=3, ReferencePixelX0=0, ReferencePixelY0=4,
    )  # fmt: skip

    [group] = part(made_of(homes, dicom(SequenceOfUltrasoundRegions=[region])))["groups"]

    assert group["regions"] == [
        {
            "box": [1, 2, 6, 7], "delta": [0.01, -0.5], "units": ["s", "cm/s"], "spatial": 3, "data": 3,
            "zero": [0, 4], "value": [0, 0],
        }
    ]  # fmt: skip


def item(**values: Any) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def test_a_series_of_more_images_than_the_viewer_takes_says_so(
    homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "MOST_FRAMES", 1)

    copy = made_of(homes, dicom(), dicom(InstanceNumber=2))

    assert (copy.state, copy.note) == (ViewCopy.State.FAILED, TOO_MANY_IMAGES)


def test_a_series_that_takes_too_long_is_shown_by_pictures_and_may_be_tried_again(
    homes: Homes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view_copies, "MOST_SECONDS", -1)
    copy = made_of(homes, dicom())
    assert (copy.state, copy.note) == (ViewCopy.State.FAILED, TOO_SLOW)

    call_command("view_copies", "make", "--all", "--again", stdout=io.StringIO())

    assert ViewCopy.objects.get().state == ViewCopy.State.READY
