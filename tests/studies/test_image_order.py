"""The images of a series are in one order: by position, else number, else time, else arrival."""

import itertools
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studies.ingest.image_order import numbers, slice_of, taken_at
from studies.models import Instance, Series, Study
from studies.selectors.images import images_in, series_of
from studies.services import store_missing_image_order, take_in_all
from tests.bad_files import dicom_storage, sound, source
from tests.cast import IMPORTER, Cast
from tests.factories import make_uid

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db
FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def taken_in(cast: Cast, files: list[dict[str, Any]]) -> list[int]:
    """The files in the order in which their images are shown."""
    study, series = make_uid(), make_uid()
    uids = [make_uid() for _ in files]
    take_in_all(
        worklist=cast.ct,
        by=IMPORTER,
        sources=[
            source(
                sound(StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID=uid, **file),
                f"{uid}.dcm",
            )
            for uid, file in zip(uids, files, strict=True)
        ],
    )
    shown = images_in(Series.objects.get(series_instance_uid=series))
    [seen] = series_of(Study.objects.get(study_instance_uid=study))
    assert seen.cover == shown[0].instance.uuid
    return [uids.index(image.instance.sop_instance_uid) for image in shown]


UNIT = st.floats(-1, 1).map(lambda number: round(number, 4))


@given(
    st.tuples(UNIT, UNIT, UNIT),
    st.tuples(UNIT, UNIT, UNIT),
    st.permutations(range(6)),
    st.floats(0.5, 5),
)
@FEW
def test_slices_are_in_the_order_of_their_positions_whatever_their_numbers(
    cast: Cast, dicom_storage: Any, first: Any, other: Any, places: list[int], gap: float
) -> None:
    row, seed = np.array(first), np.array(other)
    if np.linalg.norm(np.cross(row, seed)) < 0.1:
        row, seed = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    row = row / np.linalg.norm(row)
    normal = np.cross(row, seed)
    normal = normal / np.linalg.norm(normal)
    column = np.cross(normal, row)
    files = [
        {
            "InstanceNumber": len(places) - place if place % 2 else place,
            "ImageOrientationPatient": [round(float(part), 6) for part in (*row, *column)],
            # The corner also moves within the plane, as it does in an oblique series.
            "ImagePositionPatient": [
                round(float(part), 4) for part in normal * gap * place + row * 7 * (place % 3) - 100
            ],
        }
        for place in places
    ]

    assert [places[at] for at in taken_in(cast, files)] == sorted(places)


@given(st.permutations([1, 2, 9, 10, 11, 100]))
@FEW
def test_without_positions_numbers_count_as_numbers(
    cast: Cast, dicom_storage: Any, numbers: list[int]
) -> None:
    shown = taken_in(cast, [{"InstanceNumber": number} for number in numbers])

    assert [numbers[at] for at in shown] == sorted(numbers)


def test_slices_that_are_not_parallel_are_in_the_order_of_their_numbers(
    cast: Cast, dicom_storage: Any
) -> None:
    planes = [[1, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, -1], [0, 1, 0, 0, 0, -1]]
    files = [
        {"InstanceNumber": 3 - at, "ImageOrientationPatient": plane, "ImagePositionPatient": [at, at, at]}
        for at, plane in enumerate(planes)
    ]

    assert taken_in(cast, files) == [2, 1, 0]


def test_images_at_one_position_are_in_the_order_of_their_numbers(cast: Cast, dicom_storage: Any) -> None:
    plane = [1, 0, 0, 0, 1, 0]
    files = [
        {"InstanceNumber": number, "ImageOrientationPatient": plane, "ImagePositionPatient": [0, 0, height]}
        for number, height in itertools.product((2, 1), (5, -5))
    ]

    assert taken_in(cast, files) == [3, 1, 2, 0]


@pytest.mark.parametrize("word", ["Acquisition", "Content"])
def test_without_numbers_images_are_in_the_order_of_their_times(
    cast: Cast, dicom_storage: Any, word: str
) -> None:
    times = ["100000.5", "095959", "100000.25", "10"]
    files = [{"InstanceNumber": None, f"{word}Date": "20260102", f"{word}Time": time} for time in times]

    assert taken_in(cast, files) == [1, 3, 2, 0]


def test_with_nothing_to_go_by_images_are_in_the_order_of_their_arrival(
    cast: Cast, dicom_storage: Any
) -> None:
    assert taken_in(cast, [{"InstanceNumber": None} for _ in range(4)]) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "hostile", ["nan\\nan\\nan\\nan\\nan\\nan", "1\\0\\0", "1e400" + "\\0" * 5, "0" + "\\0" * 5, "x", ""]
)
def test_a_position_that_cannot_be_read_is_none(hostile: str) -> None:
    assert slice_of(numbers(hostile), [1, 2, 3]) is None


def test_a_time_is_in_order_as_text() -> None:
    texts = {"AcquisitionDateTime": "20260102101500.25+0100", "ContentTime": "10:15:01"}

    assert taken_at(lambda word: texts.get(word, "")) == "20260102101500250000 00000000101501000000"


# What was taken in before it was kept


def ordered_by() -> dict[int, Any]:
    rows = Instance.objects.values_list("pk", "slice", "taken")
    return {key: (place, taken) for key, place, taken in rows}


def test_older_images_get_position_and_time_from_their_files_and_a_second_run_writes_nothing(
    cast: Cast, dicom_storage: Any
) -> None:
    plane = [1, 0, 0, 0, 1, 0]
    files = [
        {"InstanceNumber": 3 - at, "ImageOrientationPatient": plane, "ImagePositionPatient": [0, 0, at]}
        for at in range(3)
    ]
    taken_in(cast, [*files, {"AcquisitionDate": "20260102", "AcquisitionTime": "1015"}, {}])
    before = ordered_by()
    Instance.objects.update(slice=None, taken="")
    seen: list[tuple[int, int]] = []

    done = store_missing_image_order(progress=lambda last, done: seen.append((last, done)))

    assert (done, seen) == (4, [(max(before), 4)])
    assert ordered_by() == before
    assert store_missing_image_order() == 0


def test_a_file_that_is_gone_or_damaged_does_not_stop_the_others(cast: Cast, dicom_storage: Any) -> None:
    taken_in(cast, [{"ContentTime": f"1{at}"} for at in range(3)])
    first, second, _ = Instance.objects.select_related("blob").order_by("pk")
    storages["dicom"].delete(first.blob.key)
    storages["dicom"].delete(second.blob.key)
    storages["dicom"].save(second.blob.key, ContentFile(b"no DICOM"))
    Instance.objects.update(slice=None, taken="")

    assert store_missing_image_order() == 1
