"""Frames: every frame of the real files as pydicom reads it, in the encoding it is stored in or not at all."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pydicom import dcmread
from pydicom.encaps import generate_frames
from pydicom.uid import UID

from studies.ingest.sources import from_path
from studies.models import Instance, InstanceMetadata
from studies.services import take_in_all
from tests.bad_files import dicom_storage, sound
from tests.cast import IMPORTER, Cast
from tests.dicomweb.asking import body_of, client_of, parts_of, root_of, take_in
from tests.dicomweb.real_files import real_files
from tests.studies.test_token_doors import make

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
DATA = bytes(range(256)) * 2


@pytest.fixture
def url(cast: Cast, dicom_storage: Any) -> str:
    take_in(
        cast.ct,
        [sound(StudyInstanceUID="2.25.77", SeriesInstanceUID="2.25.78", SOPInstanceUID="2.25.79", NumberOfFrames=4,
               PixelData=DATA)],
    )  # fmt: skip
    return f"{root_of(cast.ct)}/studies/2.25.77/series/2.25.78/instances/2.25.79/frames"


@pytest.mark.parametrize("accept", ["", "*/*", STORED, "multipart/related; type=application/octet-stream"])
@pytest.mark.parametrize("is_stored", [True, False])
def test_frames_are_parts_in_the_order_they_are_named(
    cast: Cast, url: str, accept: str, is_stored: bool
) -> None:
    if not is_stored:
        InstanceMetadata.objects.all().delete()
    answer = client_of(cast.ana).get(f"{url}/3,1", headers={"Accept": accept} if accept else {})

    parts = parts_of(answer)

    assert [data for _headers, data in parts] == [DATA[256:384], DATA[:128]]
    assert parts[0][0]["content-type"] == "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"


def test_a_frame_is_a_single_part_when_it_is_asked_for_so(cast: Cast, url: str) -> None:
    ana = client_of(cast.ana)
    octets = {"Accept": "application/octet-stream"}

    assert body_of(ana.get(f"{url}/2", headers=octets)) == DATA[128:256]
    assert ana.get(f"{url}/2,3", headers=octets).status_code == 406


@pytest.mark.parametrize(
    ("numbers", "status"), [("0", 404), ("5", 404), ("1,9", 404), ("x", 400), ("1,,2", 400)]
)
def test_frames_that_are_not_there(cast: Cast, url: str, numbers: str, status: int) -> None:
    assert client_of(cast.ana).get(f"{url}/{numbers}").status_code == status


def test_a_frame_costs_a_fixed_number_of_queries(
    cast: Cast, url: str, django_assert_num_queries: Any
) -> None:
    ana = client_of(cast.ana)
    ana.get(f"{url}/1")

    # session and person; one for study, right, instance and where its frames lie
    with django_assert_num_queries(3):
        ana.get(f"{url}/2")


def test_a_frame_by_token_is_a_single_statement(cast: Cast, url: str, django_assert_num_queries: Any) -> None:
    program = Client(headers={"Authorization": f"Bearer {make(cast.ana, cast.ct).secret}"})
    program.get(f"{url}/1")

    # the token with its owner, study, right, instance and where its frames lie
    with django_assert_num_queries(1):
        answer = program.get(f"{url}/2")
    assert DATA[128:256] in body_of(answer)


def test_every_frame_of_the_real_files_is_as_pydicom_reads_it(cast: Cast, dicom_storage: Any) -> None:
    ana = client_of(cast.ana)
    names = real_files()
    taken = take_in_all(worklist=cast.ct, by=IMPORTER, sources=[from_path(Path(name)) for name in names])
    different, n = [], 0
    taken_in = [result for result in taken.files if not result.sentence]
    assert taken_in
    for result in taken_in:
        dataset = dcmread(io.BytesIO(Path(result.name).read_bytes()))
        if "PixelData" not in dataset:
            continue
        frames = Instance.objects.get(
            study__uuid=result.study, sop_instance_uid=dataset.SOPInstanceUID
        ).frames
        url = (
            f"{root_of(cast.ct)}/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
            f"/instances/{dataset.SOPInstanceUID}/frames/{frames}"
        )
        answer = ana.get(url, headers={"Accept": STORED})
        if answer.status_code == 200:
            n += 1
            [(_headers, data)] = parts_of(answer)
            different += [] if data == _last_frame(dataset, frames) else [result.name]
        else:
            assert answer.status_code == 406, result.name

    assert different == []
    assert n > 50


def _last_frame(dataset: Any, frames: int) -> bytes:
    if UID(dataset.file_meta.TransferSyntaxUID).is_encapsulated:
        *_before, last = generate_frames(dataset.PixelData, number_of_frames=frames)
        return last
    size = dataset.Rows * dataset.Columns * int(dataset.get("SamplesPerPixel", 1)) * dataset.BitsAllocated
    if dataset.PhotometricInterpretation == "YBR_FULL_422":
        size = size * 2 // 3
    size = -(-size // 8)
    return dataset.PixelData[(frames - 1) * size : frames * size]


def frame_url(cast: Cast, name: str) -> str:
    take_in(cast.ct, [Path(name).read_bytes()])
    dataset = dcmread(name)
    return (
        f"{root_of(cast.ct)}/studies/{dataset.StudyInstanceUID}/series/{dataset.SeriesInstanceUID}"
        f"/instances/{dataset.SOPInstanceUID}/frames/1"
    )


PLAIN = "multipart/related; type=application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"


@pytest.mark.parametrize(
    "ending",
    ["JPEG-LL.dcm", "MR_small_RLE.dcm", "MR_small_jpeg_ls_lossless.dcm", "MR_small_jp2klossless.dcm",
     "JPEG2000.dcm", "MR_small_bigendian.dcm", "image_dfl.dcm"],
)  # fmt: skip
def test_a_frame_without_its_compression_has_the_values_that_pydicom_decodes(
    cast: Cast, dicom_storage: Any, ending: str
) -> None:
    name = next(name for name in real_files() if name.endswith(f"/{ending}"))
    url = frame_url(cast, name)
    ana: Client = client_of(cast.ana)
    array = dcmread(name).pixel_array
    wanted = array.astype(array.dtype.newbyteorder("<")).tobytes()

    for accept in (PLAIN, "application/octet-stream"):
        answer = ana.get(url, headers={"Accept": accept})
        assert answer.status_code == 200, answer.content
        data = parts_of(answer)[0][1] if accept is PLAIN else body_of(answer)
        assert data == wanted
    assert answer["Content-Type"] == "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"


def test_a_frame_is_decoded_only_where_that_is_asked_for_and_true_of_the_metadata(
    cast: Cast, dicom_storage: Any
) -> None:
    names = {ending: next(name for name in real_files() if name.endswith(f"/{ending}"))
             for ending in ("JPEG-LL.dcm", "SC_rgb_dcmtk_+eb+cy+np.dcm")}  # fmt: skip
    ana: Client = client_of(cast.ana)
    grey, colours = (frame_url(cast, name) for name in names.values())

    [(headers, _data)] = parts_of(ana.get(grey))
    assert headers["content-type"] == "image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.70"
    # Its metadata say that the colours are halved, which of decoded values is not true.
    assert ana.get(colours, headers={"Accept": PLAIN}).status_code == 406
    other = PLAIN.replace("1.2.1", "1.2.2")
    assert ana.get(grey, headers={"Accept": other}).status_code == 406


@pytest.mark.parametrize(
    ("ending", "spelled"),
    [
        ("MR_small_RLE.dcm", ["image/dicom-rle", "image/x-dicom-rle", "image/x-dicom+rle"]),
        ("MR_small_jpeg_ls_lossless.dcm", ["image/jls", "image/x-jls"]),
    ],
)
def test_media_types_are_read_as_earlier_editions_spell_them(
    cast: Cast, dicom_storage: Any, ending: str, spelled: list[str]
) -> None:
    name = next(name for name in real_files() if name.endswith(f"/{ending}"))
    url, ana = frame_url(cast, name), client_of(cast.ana)
    wanted = _last_frame(dcmread(name), 1)

    for media_type in spelled:
        for accept in (
            f'multipart/related; type="{media_type}"',
            f"multipart/related; type={media_type}; transfer-syntax=*",
        ):
            [(headers, data)] = parts_of(ana.get(url, headers={"Accept": accept}))
            assert (headers["content-type"].partition(";")[0], data) == (media_type, wanted)
    assert ana.get(url, headers={"Accept": 'multipart/related; type="image/jhc"'}).status_code == 406
