"""The same data set behind another file meta group is already there, by every door; another one is refused."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from studies.ingest.comparing import same_data_set
from studies.ingest.refusals import OTHER_BYTES
from studies.ingest.results import FileOutcome, FileResult
from studies.ingest.same_elements import PLAIN
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
@settings(max_examples=200, deadline=None)
def test_every_byte_of_a_data_set_matters(path: Path, which: int, other: int) -> None:
    """Of what is no tag and no value (VRs, lengths of groups and sequences, reserved bytes) readers make the same."""
    data = parts_of(path).joined()  # type: ignore[union-attr]  # those without parts are not in the list
    again = bytearray(written_again(data))
    size = len(data_set_of(data))
    at = len(again) - size + which % size
    again[at] ^= other

    is_same = same_data_set(io.BytesIO(data), io.BytesIO(again))

    assert not is_same or elements_of(bytes(again)) == elements_of(data)


@given(path=st.sampled_from(FILES), which=st.integers(0), place=st.integers(0), other=st.integers(1, 255))
@settings(max_examples=100, deadline=None)
def test_every_byte_of_a_value_matters(path: Path, which: int, place: int, other: int) -> None:
    data = parts_of(path).joined()  # type: ignore[union-attr]  # those without parts are not in the list
    values = [
        (each.value_tell, each.length)
        for each in _raw(data)
        if each.length not in (0, 0xFFFFFFFF) and each.VR != "SQ" and each.tag.element
    ]
    start, length = values[which % len(values)]
    again = bytearray(data)
    again[start + place % length] ^= other

    assert not same_data_set(io.BytesIO(data), io.BytesIO(again))


@given(path=st.sampled_from(FILES))
@settings(max_examples=len(FILES), deadline=None)
def test_a_data_set_with_more_or_less_behind_it_is_another(path: Path) -> None:
    data = parts_of(path).joined()  # type: ignore[union-attr]  # those without parts are not in the list

    assert not same_data_set(io.BytesIO(data), io.BytesIO(written_again(data) + b"\0"))
    assert not same_data_set(io.BytesIO(data), io.BytesIO(written_again(data)[:-1]))


# How programs write what they pass on.
writings = st.fixed_dictionaries(
    {
        "syntax": st.sampled_from(
            [ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]
        ),
        "open_ended": st.booleans(),
        "unknown": st.booleans(),
        "group_length": st.booleans(),
    }
)


def rewritten(
    data: bytes,
    *,
    syntax: str,
    open_ended: bool = False,
    unknown: bool = False,
    group_length: bool = False,
) -> bytes:
    """The same elements by another program: in this syntax, sequences with or without a length, some of VR UN."""
    ds = dcmread(io.BytesIO(data))
    for tag in (0x00081030, 0x00100010) if unknown else ():
        raw = ds.get_item(tag)
        if isinstance(raw, RawDataElement):
            ds[tag] = DataElement(tag, "UN", raw.value or b"")
    for item in _items(ds, open_ended=open_ended):
        item.is_undefined_length_sequence_item = open_ended
    if group_length:
        ds.add_new(0x00080000, "UL", 4711)
    ds.file_meta.TransferSyntaxUID = UID(syntax)
    out = io.BytesIO()
    ds.save_as(out, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=True)
    return out.getvalue()


def _items(ds: Dataset, *, open_ended: bool) -> Iterator[Dataset]:
    for sequence in [ds[tag] for tag in list(ds.keys()) if ds.get_item(tag).VR == "SQ"]:
        sequence.is_undefined_length = open_ended
        for item in sequence.value:
            yield item
            yield from _items(item, open_ended=open_ended)


def _raw(data: bytes) -> list[Any]:
    """Its elements as pydicom reads them, without a value converted."""
    return [each for each in dcmread(io.BytesIO(data)).values() if isinstance(each, RawDataElement)]


def elements_of(data: bytes | Dataset) -> list[tuple[Any, ...]]:
    """Tags and values as pydicom reads them: of sequences the items, of the others the bytes."""
    ds = dcmread(io.BytesIO(data)) if isinstance(data, bytes) else data
    read: list[tuple[Any, ...]] = []
    for each in ds.values():
        if each.tag.element == 0 or each.tag == 0xFFFCFFFC:
            continue
        if (each.VR or _known(each.tag)) == "SQ":
            items = [elements_of(item) for item in ds[each.tag].value]
            read.append((each.tag, items))
        else:
            read.append((each.tag, each.value or b""))
    return read


def _known(tag: Any) -> str:
    return dictionary_VR(tag) if dictionary_has_tag(tag) else ""


def nested() -> bytes:
    """A file with sequences of several depths, one of them private, and one without items."""
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "T-D3000", "SRT", "Chest"
    outer = Dataset()
    outer.AnatomicRegionModifierSequence = [code, code]
    ds = dicom(AnatomicRegionSequence=[outer, code], ReferencedPerformedProcedureStepSequence=[])
    return as_bytes(ds)


@given(data=st.sampled_from(FILES) | st.just(None), writing=writings)
@settings(max_examples=100, deadline=None)
def test_the_same_elements_written_otherwise_are_the_same(data: Path | None, writing: dict[str, Any]) -> None:
    original = nested() if data is None else parts_of(data).joined()  # type: ignore[union-attr]  # as above
    assume(dcmread(io.BytesIO(original)).file_meta.TransferSyntaxUID in PLAIN)
    again = rewritten(original, **writing)
    # pydicom writes a few values anew, with other bytes.
    assume(elements_of(original) == elements_of(again))

    assert same_data_set(io.BytesIO(original), io.BytesIO(again))
    assert same_data_set(io.BytesIO(again), io.BytesIO(original))


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
    for syntax in sorted(PLAIN):
        otherwise = rewritten(data, syntax=syntax)
        assert store(client, cast.ct, otherwise).status_code == 200
        assert pushed(port, otherwise).Status == 0x0000
        assert [file.outcome for file in taken(cast.ct, otherwise)] == [FileOutcome.KNOWN]
    assert store(client, cast.ct, other).status_code == 409
    assert pushed(port, other).Status == 0xC010
    assert Instance.objects.count() == len(list(dicom_storage.rglob("*.dcm"))) == 1
