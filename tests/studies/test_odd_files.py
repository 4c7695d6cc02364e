"""What pydicom and DCMTK both read whole is taken, with a note; what has lost data is refused."""

import io
import shutil
import warnings
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.data import get_testdata_file

from studies.deviations import SENTENCES
from studies.ingest.headers import Header, read_header
from studies.ingest.limits import Limits
from studies.ingest.refusals import BAD_CHARACTER_SET, CUT, DAMAGED, FileRefused
from studies.ingest.sources import from_path
from studies.models import Blob, Instance, Placement
from studies.services import render_previews, take_in_all
from tests.bad_files import Homes, dicom_storage, element, homes, sound, source
from tests.cast import IMPORTER, Cast
from tests.odd_files import (
    ODDITIES,
    PIXELS,
    dcmtk_reads_whole,
    made_odd,
    parts_of,
    pydicom_reads_whole,
    real_files,
    tag_of,
)

__all__ = ["dicom_storage", "homes"]

FILES = [path for path in real_files() if path.stat().st_size < 60_000 and parts_of(path)]
some_files = st.sampled_from(FILES)
some_oddities = st.lists(
    st.tuples(st.sampled_from(sorted(ODDITIES)), st.integers(0, 1000)),
    min_size=1,
    max_size=3,
    unique_by=lambda odd: odd[0],
)
# What differs although the standard allows it, or where the standard says nothing.
NOT_NOTED = {
    "padding_element_behind", "private_behind", "group_lengths", "reserved_bytes", "odd_sequence", "odd_pixels",
    "unknown_vr", "damaged_vr", "implicit_element", "odd_uid", "odd_text", "out_of_order", "given_twice",
    "wrong_meta_length", "class_of_another_vr", "syntax_before_the_syntax",
}  # fmt: skip


LOSSES = {"open_sequence_at_the_end"}


def read(data: bytes) -> Header:
    return read_header(io.BytesIO(data), size=len(data), limits=Limits())


@pytest.mark.skipif(shutil.which("dcmdump") is None, reason="DCMTK (Debian's dcmtk) is not installed here.")
@given(path=some_files, oddities=some_oddities)
@settings(max_examples=60, deadline=None)
def test_what_both_readers_of_the_field_read_whole_is_taken(
    path: Path, oddities: list[tuple[str, int]]
) -> None:
    # A sequence that is never closed may have had more: readers differ in what they make of it.
    assume(not LOSSES & {name for name, _ in oddities})
    data = made_odd(path, oddities)
    assume(pydicom_reads_whole(data, path) and dcmtk_reads_whole(data))

    try:
        taken = read(data)
    except FileRefused as refused:
        # Nothing in it says which object it is: it could be filed nowhere.
        assert "no SOP Instance UID" in refused.sentence, refused.sentence
        return

    assert set(taken.instance["deviations"]) <= SENTENCES.keys()
    assert taken.instance["deviations"] or {name for name, _ in oddities} <= NOT_NOTED


@given(path=some_files, name=st.sampled_from(sorted(set(ODDITIES) - LOSSES)), pick=st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_an_oddity_that_loses_nothing_is_taken(path: Path, name: str, pick: int) -> None:
    """More than DCMTK takes: bytes behind the end, for one."""
    data = made_odd(path, [(name, pick)])
    assume(pydicom_reads_whole(data, path))

    try:
        assert read(data).study_instance_uid
    except FileRefused as refused:
        assert "no SOP Instance UID" in refused.sentence, refused.sentence


@pytest.mark.parametrize("behind", range(3))
def test_a_delimiter_too_many_and_then_no_element_is_noted(behind: int) -> None:
    path = next(path for path in FILES if path.name == "CT_small.dcm")

    taken = read(made_odd(path, [("item_end_behind", 0), ("signs_behind", behind)]))

    assert {"stray_delimiter", "bytes_after_the_end"} <= set(taken.instance["deviations"])


def test_the_head_of_a_study_instance_uid_is_no_line_end_though_its_bytes_are_spaces_and_line_ends() -> None:
    parts = parts_of(next(path for path in FILES if path.name == "rtdose_1frame.dcm"))
    assert parts is not None
    place = next(place for place, part in enumerate(parts.elements) if tag_of(part) == 0x0020000D)
    parts.elements = [*parts.elements[:place], parts.elements[place][:8]]

    with pytest.raises(FileRefused, match=CUT):
        read(parts.joined())


@given(path=some_files, data=st.data())
@settings(max_examples=200, deadline=None)
def test_a_file_cut_off_inside_an_element_is_refused(path: Path, data: st.DataObject) -> None:
    parts = parts_of(path)
    assert parts is not None
    place = data.draw(st.integers(0, len(parts.elements) - 1), label="the element that is cut")
    length = len(parts.elements[place])
    # One byte alone may as well be a line feed behind the end.
    kept = data.draw(st.integers(2, length - 1), label="bytes of it that are left")
    parts.elements = [*parts.elements[:place], parts.elements[place][:kept]]

    with pytest.raises(FileRefused) as refused:
        read(parts.joined())

    if tag_of(parts.elements[-1]) == PIXELS or kept >= 8:
        assert refused.value.sentence in {CUT, "It has no SOP Instance UID."}


@pytest.mark.parametrize("name", sorted(set(ODDITIES) - LOSSES))
def test_an_odd_file_is_kept_byte_for_byte_with_its_note(
    homes: Homes, dicom_storage: Path, name: str
) -> None:
    path = next(path for path in FILES if path.name == "MR_small.dcm")
    data = made_odd(path, [(name, 0)])

    [result] = take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)]).files

    assert result.sentence == ""
    assert (dicom_storage / Blob.objects.get().key).read_bytes() == data
    assert list(result.deviations) == Instance.objects.get().deviations


@pytest.mark.parametrize(
    "name",
    [
        "no_preamble",
        "no_meta",
        "bare",
        "implicit_meta",
        "no_syntax",
        "signs_behind",
        "damaged_vr",
        "syntax_of_another_vr",
        "class_of_another_vr",
        "syntax_before_the_syntax",
        "overlong_last_item",
    ],
)
def test_an_odd_file_has_the_picture_that_it_has_without_its_oddity(
    homes: Homes, dicom_storage: Path, name: str
) -> None:
    path = next(path for path in FILES if path.name == "MR_small.dcm")
    data = made_odd(path, [(name, 0)])
    both = (
        take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(data)]),
        take_in_all(worklist=homes.imaging, by=IMPORTER, sources=[from_path(path)]),
    )

    render_previews(blob_ids=both[0].blob_ids | both[1].blob_ids)

    odd, plain = (Blob.objects.get(pk__in=result.blob_ids) for result in both)
    assert odd.preview == plain.preview == Blob.Preview.READY
    assert (dicom_storage / odd.preview_key(1)).read_bytes() == (
        dicom_storage / plain.preview_key(1)
    ).read_bytes()


PIXELS_HEAD = b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff"
GROUP_LENGTH = b"\x02\0\0\0UL\x04\0"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # No number can be made of these, of whatever length the group may be.
        (GROUP_LENGTH, b"\x02\0\0\0UN\0\0\x02\0\0\0\0\x01"),
        (b"\x02\0\x01\0OB", b"\x02\0\0\0UN"),
        (b"\x02\0\x10\0UI", b"\x02\0\x10\0FD"),
        # Encapsulated pixel data of unknown type is read as a sequence, which it is not.
        (PIXELS_HEAD, PIXELS_HEAD.replace(b"OB", b"UN")),
        (PIXELS_HEAD, PIXELS_HEAD.replace(b"OB", b"SQ")),
    ],
)
def test_what_no_reader_opens_is_refused(before: bytes, after: bytes) -> None:
    path = next(path for path in real_files() if path.name == "MR_small_RLE.dcm")
    data = path.read_bytes()
    assert data.count(before) == 1
    data = data.replace(before, after)
    with pytest.raises(Exception):  # noqa: B017 -- whatever pydicom raises
        dcmread(io.BytesIO(data), force=True)

    with pytest.raises(FileRefused) as refused:
        read(data)

    assert refused.value.sentence in {DAMAGED, CUT}


@pytest.mark.parametrize("vr", [b"DA", b"CS", b"LO", b"AE", b"UT"])
@pytest.mark.parametrize("name", ["image_dfl.dcm", "ExplVR_BigEnd.dcm"])
def test_a_transfer_syntax_that_readers_take_for_another_is_refused_and_no_other(
    name: str, vr: bytes
) -> None:
    data = Path(str(get_testdata_file(name))).read_bytes()
    data = data.replace(b"\x02\0\x10\0UI", b"\x02\0\x10\0" + vr, 1)

    assert taken_uid(data) == uid_for_pydicom(data)


def uid_for_pydicom(data: bytes) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return str(dcmread(io.BytesIO(data), force=True).get("StudyInstanceUID", ""))
        except Exception:
            return ""


def taken_uid(data: bytes) -> str:
    """The Study Instance UID of what is taken."""
    try:
        return read(data).study_instance_uid
    except FileRefused:
        return ""


def test_details_say_how_files_of_a_study_differ_from_the_standard(
    client: Client, cast: Cast, dicom_storage: Path
) -> None:
    path = next(path for path in FILES if path.name == "MR_small.dcm")
    odd = [("line_feed_behind", 0), ("implicit_meta", 0)]
    [result] = take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(made_odd(path, odd))]).files
    client.force_login(cast.ana)

    placement = Placement.objects.get(study__uuid=result.study)
    page = client.get(reverse("studies:details", args=[placement.uuid])).content.decode()

    for code in ("bytes_after_the_end", "implicit_meta"):
        assert SENTENCES[code] in page


@given(
    value=st.binary(max_size=16) | st.sampled_from([b"ISO_IR\0 100", b"\\ISO 2022\0 IR 87", b"ISO_IR 100"]),
    vr=st.sampled_from(
        [b"CS", b"LO", b"SS", b"UL", b"FD", b"IS", b"UI", b"UN", b"SQ", b"AT", b"C\xd3", b"KS"]
    ),
    nested=st.booleans(),
)
@settings(max_examples=200, deadline=None)
@pytest.mark.filterwarnings("ignore:Unknown encoding")
def test_whatever_it_says_of_its_character_set_pydicom_opens_what_is_taken(
    value: bytes, vr: bytes, nested: bool
) -> None:
    data = sound()
    declared = element(0x0008, 0x0005, vr, value + b" " * (len(value) % 2))
    at = data.index(b"\xe0\x7f\x10\0OW") if nested else data.index(b"\x08\0\x16\0UI")
    if nested:
        item = b"\xfe\xff\0\xe0\xff\xff\xff\xff" + declared + b"\xfe\xff\x0d\xe0" + bytes(4)
        declared = b"\x29\0\x10\x10SQ\0\0\xff\xff\xff\xff" + item + b"\xfe\xff\xdd\xe0" + bytes(4)
    whole = data[:at] + declared + data[at:]

    try:
        read(whole)
    except FileRefused as refused:
        # The bytes of a sequence are no items, and what begins with a damaged type is read as if it had no types.
        others = {b"SQ": {CUT, DAMAGED}, b"C\xd3": {DAMAGED}}
        assert refused.sentence in {BAD_CHARACTER_SET, *others.get(vr, ())}
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pydicom, about character sets that are none
        opened = dcmread(io.BytesIO(whole))
    assert opened.PatientID == "MRN000117"
    assert len(opened[0x00291010].value if nested else b"x") == 1
