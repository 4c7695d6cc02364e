"""View copies: made from what arrived, exact, made again when more arrives, and gone with their study."""

import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import imagecodecs
import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from pydicom.dataset import Dataset

from sharing.services import delete_study
from studies.ingest.store import put
from studies.models import Instance, LeftoverPack, Study, ViewCopy
from studies.models.view_copy import pack_key
from studies.renderer import NO_PHOTOMETRIC, TOO_MANY_IMAGES, TOO_SLOW, TOO_WIDE
from studies.services import (
    make_waiting_view_copies,
    packing,
    render_waiting,
    sweep_leftovers,
    take_in_all,
    view_copies,
)
from tests.bad_files import Homes, as_bytes, dicom, dicom_storage, homes, source
from tests.cast import IMPORTER, Cast, acting
from tests.factories import make_uid, placement_of
from tests.studies.test_packed_frames import streams_of

__all__ = ["dicom_storage", "homes"]
pytestmark = pytest.mark.usefixtures("dicom_storage")


def slices(number: int, *, first: int = 0, study: str, series: str, **values: Any) -> list[bytes]:
    """Slices of a CT, a millimetre apart, each with values of its own."""
    made = []
    for n in range(first, first + number):
        pixels = (np.arange(200 * 300).reshape(200, 300) % 1000 + n).astype("<i2") - 500
        made.append(
            as_bytes(
                dicom(
                    StudyInstanceUID=study,
                    SeriesInstanceUID=series,
                    SOPClassUID="1.2.840.10008.5.1.4.1.1.2",
                    Modality="CT",
                    InstanceNumber=n + 1,
                    Rows=200,
                    Columns=300,
                    BitsStored=16,
                    HighBit=15,
                    PixelRepresentation=1,
                    PixelSpacing=[0.5, 0.5],
                    ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
                    ImagePositionPatient=[0, 0, n * 1.25],
                    RescaleSlope=1,
                    RescaleIntercept=-24,
                    WindowCenter=40,
                    WindowWidth=400,
                    PixelData=pixels.tobytes(),
                    **values,
                )
            )
        )
    return made


def take_in(homes: Homes, files: list[bytes]) -> None:
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data) for data in files])


def make_due() -> int:
    """What the worker does once the files of a series have settled."""
    render_waiting()
    ViewCopy.objects.update(due_at="2020-01-01T00:00Z")
    return make_waiting_view_copies()


def read(copy: ViewCopy) -> bytes:
    with storages["dicom"].open(copy.key) as file:
        return bytes(file.read())


def part(copy: ViewCopy) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(f"{{{copy.part}}}")
    return read


def unpacked(copy: ViewCopy) -> list[Any]:
    streams = streams_of(part(copy), read(copy))
    assert sum(map(len, streams)) == copy.size
    return [imagecodecs.htj2k_decode(stream) if stream else None for stream in streams]


def test_a_series_is_packed_in_its_order_and_exactly(homes: Homes) -> None:
    study, series = make_uid(), make_uid()
    take_in(homes, list(reversed(slices(3, study=study, series=series))))

    assert make_due() == 1

    copy = ViewCopy.objects.get()
    assert (copy.state, copy.n_frames, copy.note, copy.failed) == (ViewCopy.State.READY, 3, "", [])
    frames = unpacked(copy)
    assert len(frames) == 3
    for n, frame in enumerate(frames):
        expected = (np.arange(200 * 300).reshape(200, 300) % 1000 + n).astype("i2") - 500
        assert frame.dtype == np.int16
        assert np.array_equal(frame, expected)
    columns = part(copy)
    [group] = columns["groups"]
    assert columns["position"] == [[0, 0, 0], [0, 0, 1.25], 3]
    assert (group["rows"], group["columns"]) == (200, 300)
    assert (group["coarse"], group["reduced"]) == ([25, 38], [50, 75])
    assert copy.head_size == sum(columns["coarse"]) + sum(columns["head"])
    assert (group["unit"], group["slope"], group["intercept"]) == ("HU", 1, -24)
    assert (group["spacing"], group["spacing_kind"]) == ([0.5, 0.5], "PixelSpacing")
    assert group["window"] == [[40, 400, ""]]
    assert group["range"] == [-500, 501]
    assert columns["number_of_instance"] == [1, 2, 3]


def test_the_first_part_alone_is_the_coarse_picture_and_with_the_head_the_reduced_one(homes: Homes) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    make_due()

    copy = ViewCopy.objects.get()
    whole = read(copy)

    coarse = imagecodecs.htj2k_decode(whole[: part(copy)["coarse"][0]], skipres=3)
    assert coarse.shape == (25, 38)
    assert np.array_equal(coarse, imagecodecs.htj2k_decode(whole, skipres=3))
    reduced = imagecodecs.htj2k_decode(whole[: copy.head_size], skipres=2)
    assert reduced.shape == (50, 75)
    assert np.array_equal(reduced, imagecodecs.htj2k_decode(whole, skipres=2))


def test_nothing_is_made_before_the_files_of_a_series_have_settled_and_have_their_pictures(
    homes: Homes,
) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))

    assert make_waiting_view_copies() == 0
    ViewCopy.objects.update(due_at="2020-01-01T00:00Z")
    assert make_waiting_view_copies() == 0
    render_waiting()
    assert make_waiting_view_copies() == 1


def test_more_images_make_a_new_pack_and_the_old_one_goes(homes: Homes, dicom_storage: Path) -> None:
    study, series = make_uid(), make_uid()
    take_in(homes, slices(2, study=study, series=series))
    make_due()
    first = ViewCopy.objects.get()

    take_in(homes, slices(2, first=2, study=study, series=series))
    waiting = ViewCopy.objects.get()
    assert (waiting.state, waiting.uuid) == (ViewCopy.State.WAITING, first.uuid)
    make_due()

    second = ViewCopy.objects.get()
    assert second.uuid != first.uuid
    assert second.n_frames == 4
    assert [*dicom_storage.rglob("*.pack")] == [Path(storages["dicom"].path(second.key))]
    assert not LeftoverPack.objects.exists()


def test_a_pack_is_not_taken_when_more_images_arrived_while_it_was_made(
    homes: Homes, dicom_storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, series = make_uid(), make_uid()
    take_in(homes, slices(1, study=study, series=series))
    pack = view_copies.pack_series

    def slowly(*args: Any, **more: Any) -> Any:
        made = pack(*args, **more)
        take_in(homes, slices(1, first=1, study=study, series=series))
        return made

    monkeypatch.setattr(view_copies, "pack_series", slowly)
    make_due()
    monkeypatch.undo()

    copy = ViewCopy.objects.get()
    assert (copy.state, copy.uuid) == (ViewCopy.State.WAITING, None)
    assert [*dicom_storage.rglob("*.pack")] == []
    assert not LeftoverPack.objects.exists()
    make_due()
    assert ViewCopy.objects.get().n_frames == 2


def test_settings_say_when_copies_are_made(homes: Homes, settings: Any) -> None:
    settings.CIMAR_VIEW_COPIES = "first_opening"
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    assert not ViewCopy.objects.exists()

    settings.CIMAR_VIEW_COPIES = "never"
    call_command("view_copies", "make", "--all")
    assert not ViewCopy.objects.filter(state=ViewCopy.State.READY).exists()


def test_the_command_makes_checks_and_drops(homes: Homes, dicom_storage: Path, settings: Any) -> None:
    settings.CIMAR_VIEW_COPIES = "first_opening"
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    render_waiting()
    out = io.StringIO()

    call_command("view_copies", "make", "--all", stdout=out)
    call_command("view_copies", "check", "--all", stdout=out)
    assert "1 view copies made." in out.getvalue()
    assert "All 1 view copies exist as they were written." in out.getvalue()
    [pack] = dicom_storage.rglob("*.pack")
    pack.write_bytes(b"x" * pack.stat().st_size)
    with pytest.raises(SystemExit):
        call_command("view_copies", "check", "--all", stdout=out)
    assert "is damaged" in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_dropped_copies_leave_no_bytes(homes: Homes, dicom_storage: Path) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    make_due()
    assert len([*dicom_storage.rglob("*.pack")]) == 1

    call_command("view_copies", "drop", "--all", stdout=io.StringIO())

    assert [*dicom_storage.rglob("*.pack")] == []
    assert not ViewCopy.objects.exists()
    assert not LeftoverPack.objects.exists()


def delete(cast: Cast, study: Study) -> None:
    delete_study(placement=placement_of(study, study.home).uuid, by=acting(cast.adam), why="Wrong patient")


def test_a_deleted_study_leaves_no_packed_bytes(cast: Cast, dicom_storage: Path) -> None:
    take_in_all(
        worklist=cast.ct,
        by=IMPORTER,
        sources=[source(data) for data in slices(2, study=make_uid(), series=make_uid())],
    )
    make_due()
    copy = ViewCopy.objects.get()
    delete(cast, copy.series.study)
    assert LeftoverPack.objects.get().uuid == copy.uuid

    swept = sweep_leftovers()

    assert swept.packs == 1
    assert [*dicom_storage.rglob("*.*")] == []
    assert not ViewCopy.objects.exists()
    assert not LeftoverPack.objects.exists()


def test_a_study_that_is_deleted_while_it_is_packed_leaves_nothing(
    cast: Cast, dicom_storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = slices(1, study=make_uid(), series=make_uid())
    take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(each) for each in data])
    pack = view_copies.pack_series

    def slowly(*args: Any, **more: Any) -> Any:
        made = pack(*args, **more)
        delete(cast, Study.objects.get(instances__isnull=False, series__view_copy__isnull=False))
        return made

    monkeypatch.setattr(view_copies, "pack_series", slowly)

    assert make_due() == 1

    assert [*dicom_storage.rglob("*.pack")] == []
    assert not LeftoverPack.objects.exists()


def test_what_a_killed_worker_wrote_goes_once_nobody_can_be_writing_it(
    homes: Homes, dicom_storage: Path, monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))

    def killed(key: str, file: Any, **more: Any) -> None:
        put(key, file, **more)
        raise KeyboardInterrupt

    monkeypatch.setattr(view_copies, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        make_due()
    monkeypatch.undo()
    assert len([*dicom_storage.rglob("*.pack")]) == 1
    assert sweep_leftovers().packs == 0
    assert make_waiting_view_copies() == 0

    clock.move(minutes=13)

    assert sweep_leftovers().packs == 1
    assert [*dicom_storage.rglob("*.pack")] == []
    assert make_waiting_view_copies() == 1
    assert ViewCopy.objects.get().state == ViewCopy.State.READY


def test_packs_that_no_row_names_are_swept_and_those_of_rows_are_not(
    homes: Homes, dicom_storage: Path
) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    make_due()
    storages["dicom"].save(pack_key(UUID(int=1)), ContentFile(b"of nobody"))

    assert sweep_leftovers(everywhere=True).packs == 1

    assert len([*dicom_storage.rglob("*.pack")]) == 1


def test_check_bytes_names_a_pack_that_is_not_as_it_was(homes: Homes) -> None:
    take_in(homes, slices(1, study=make_uid(), series=make_uid()))
    make_due()
    call_command("check_bytes", stdout=io.StringIO())
    copy = ViewCopy.objects.get()
    storages["dicom"].delete(copy.key)
    out = io.StringIO()

    with pytest.raises(SystemExit):
        call_command("check_bytes", stdout=out, stderr=io.StringIO())

    assert f"The view copy of series {copy.series.uuid} is missing" in out.getvalue()


# Series that are not as the others


def made_of(homes: Homes, *files: Any) -> ViewCopy:
    """The copy of a series of these files."""
    study, series = make_uid(), make_uid()
    for ds in files:
        ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
    take_in(homes, [as_bytes(ds) for ds in files])
    make_due()
    return ViewCopy.objects.get(series__series_instance_uid=series)


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
