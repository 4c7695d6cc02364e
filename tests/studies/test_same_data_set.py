"""The same data set behind another file meta group is already there, by every door; another one is refused."""

import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread

from studies.ingest.comparing import same_data_set
from studies.ingest.refusals import OTHER_BYTES
from studies.ingest.results import FileOutcome, FileResult
from studies.models import Blob, Instance
from studies.services import take_in_all
from tests.bad_files import Homes, as_bytes, dicom, dicom_storage, element, homes, sound, source, zipped
from tests.cast import IMPORTER, Cast
from tests.dicomweb.asking import client_of
from tests.dicomweb.storing import store
from tests.dimse.calling import data_set_of, enter, port, pushed
from tests.odd_files import parts_of, real_files

__all__ = ["dicom_storage", "homes", "port"]

FILES = [path for path in real_files() if path.stat().st_size < 60_000 and parts_of(path)]
titles = st.text("ABCDEFGHIJ _-0123456789", min_size=2, max_size=16).map(
    lambda text: text.encode() + b" " * (len(text) % 2)
)
preambles = st.binary(min_size=128, max_size=128)


def written_again(
    data: bytes, *, preamble: bytes = bytes(128), title: bytes = b"OTHER_AE", version: bytes = b"OTHER 12"
) -> bytes:
    """The same data set behind the file meta group of another writer."""
    meta = dcmread(io.BytesIO(data), stop_before_pixels=True).file_meta
    rest = b"".join(
        (
            element(2, 1, b"OB", b"\0\1"),
            *(
                element(2, number, b"UI", _even(meta[2, number].value))
                for number in (2, 3, 0x10)
                if (2, number) in meta
            ),
            element(2, 0x12, b"UI", b"2.25.4711\0"),
            element(2, 0x13, b"SH", version),
            element(2, 0x16, b"AE", title),
        )
    )
    length = element(2, 0, b"UL", len(rest).to_bytes(4, "little"))
    return preamble + b"DICM" + length + rest + data_set_of(data)


def _even(uid: str) -> bytes:
    return uid.encode() + b"\0" * (len(uid) % 2)


def taken(worklist: Any, *files: bytes) -> list[FileResult]:
    return take_in_all(worklist=worklist, by=IMPORTER, sources=[source(data) for data in files]).files


@given(path=st.sampled_from(FILES), preamble=preambles, title=titles, version=titles)
@settings(max_examples=60, deadline=None)
def test_what_is_before_a_data_set_never_matters(
    path: Path, preamble: bytes, title: bytes, version: bytes
) -> None:
    data = parts_of(path).joined()  # type: ignore[union-attr]  # those without parts are not in the list
    again = written_again(data, preamble=preamble, title=title, version=version)

    assert same_data_set(io.BytesIO(data), io.BytesIO(again))
    assert same_data_set(io.BytesIO(again), io.BytesIO(data))


@given(path=st.sampled_from(FILES), which=st.integers(0), other=st.integers(1, 255))
@settings(max_examples=100, deadline=None)
def test_every_byte_of_a_data_set_matters(path: Path, which: int, other: int) -> None:
    data = parts_of(path).joined()  # type: ignore[union-attr]  # those without parts are not in the list
    again = bytearray(written_again(data))
    size = len(data_set_of(data))
    at = len(again) - size + which % size
    again[at] ^= other

    assert not same_data_set(io.BytesIO(data), io.BytesIO(again))
    assert not same_data_set(io.BytesIO(data), io.BytesIO(written_again(data) + b"\0"))
    assert not same_data_set(io.BytesIO(data), io.BytesIO(written_again(data)[:-1]))


def test_another_transfer_syntax_is_another_data_set() -> None:
    data = sound()
    other = data.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.2\0", 1)

    assert not same_data_set(io.BytesIO(data), io.BytesIO(other))


def test_pixels_larger_than_a_piece_are_compared_to_their_end(homes: Homes, dicom_storage: Path) -> None:
    ds = dicom()
    ds.Rows = ds.Columns = 2048
    ds.PixelData = bytes(2 * 2048 * 2048)
    data = as_bytes(ds)
    changed = written_again(data)[:-2] + b"\1\0"

    results = taken(homes.ct, data), taken(homes.ct, written_again(data)), taken(homes.ct, changed)

    assert [[file.outcome for file in files] for files in results] == [
        [FileOutcome.NEW], [FileOutcome.KNOWN], [FileOutcome.REFUSED],
    ]  # fmt: skip
    assert results[2][0].sentence == OTHER_BYTES
    assert Blob.objects.count() == len(list(dicom_storage.rglob("*.dcm"))) == 1


def test_files_of_one_batch_are_compared_with_each_other(homes: Homes, dicom_storage: Path) -> None:
    data, other = sound(), sound()

    files = taken(homes.ct, data, written_again(data), other, written_again(other, title=b"THIRD_AE"))

    assert [file.outcome for file in files] == [FileOutcome.NEW, FileOutcome.KNOWN] * 2
    assert Instance.objects.count() == Blob.objects.count() == len(list(dicom_storage.rglob("*.dcm"))) == 2


def test_a_file_that_is_needed_elsewhere_stays(homes: Homes, dicom_storage: Path) -> None:
    data = sound()
    again = written_again(data)
    taken(homes.imaging, again)
    taken(homes.ct, data)

    assert [file.outcome for file in taken(homes.ct, again)] == [FileOutcome.KNOWN]
    assert Blob.objects.count() == len(list(dicom_storage.rglob("*.dcm"))) == 2


def test_bytes_that_the_storage_lost_are_there_again_once_they_are_sent(
    homes: Homes, dicom_storage: Path
) -> None:
    data = sound()
    taken(homes.ct, data)
    path = next(iter(dicom_storage.rglob("*.dcm")))
    path.unlink()

    (file,) = taken(homes.ct, data)

    assert (file.outcome, path.read_bytes()) == (FileOutcome.KNOWN, data)


def test_a_stored_file_that_is_lost_is_not_called_the_same(homes: Homes, dicom_storage: Path) -> None:
    data = sound()
    taken(homes.ct, data)
    next(iter(dicom_storage.rglob("*.dcm"))).unlink()

    (file,) = taken(homes.ct, written_again(data))

    assert (file.outcome, file.sentence) == (FileOutcome.REFUSED, OTHER_BYTES)


@pytest.mark.django_db(transaction=True)
def test_every_door_has_it_already(cast: Cast, port: int, dicom_storage: Path) -> None:
    enter(cast)
    ds = dicom()
    data = as_bytes(ds)
    again = written_again(data)
    other = as_bytes(dicom(SOPInstanceUID=ds.SOPInstanceUID, StudyInstanceUID=ds.StudyInstanceUID))
    taken(cast.ct, data)
    client = client_of(cast.ana)

    assert store(client, cast.ct, again).status_code == 200
    assert pushed(port, again).Status == 0x0000
    assert [file.outcome for file in taken(cast.ct, zipped([("a.dcm", again)]))] == [FileOutcome.KNOWN]
    assert store(client, cast.ct, other).status_code == 409
    assert pushed(port, other).Status == 0xC010
    assert Instance.objects.count() == len(list(dicom_storage.rglob("*.dcm"))) == 1
