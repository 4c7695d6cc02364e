"""A corrected instance: nothing differs from what was received but the corrected attributes and the record of it."""

import io
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread

from studies.corrected import CHARACTER_SET, ORIGINALS, TAGS, Change, corrected_beginning, corrected_model
from studies.ingest.headers import read_header
from studies.ingest.json_model import describe
from studies.ingest.limits import Limits
from studies.ingest.refusals import FileRefused
from tests import odd_files
from tests.bad_files import element, sound
from tests.dicomweb.real_files import real_files

AT = datetime(2026, 11, 28, 20, 15, tzinfo=UTC)
ATTRIBUTES = {*TAGS.values(), ORIGINALS, CHARACTER_SET}
SHORT = st.text(st.characters(blacklist_categories=("C", "Z"), blacklist_characters="\\=^"), max_size=12)
NAMES = st.one_of(
    st.just(""),
    st.builds("{}^{}".format, SHORT, SHORT).filter(lambda name: name != "^"),
    st.sampled_from(["Müller^Ida", "Yamada^Tarou=山田^太郎=やまだ^たろう", "Ivanov^Ivan=Иванов^Иван"]),
)
VALUES = {
    "patient_name": NAMES,
    "patient_id": SHORT,
    "issuer_of_patient_id": SHORT,
    "patient_birth_date_raw": st.sampled_from(["", "19610704", "20000229"]),
    "patient_sex": st.sampled_from(["", "F", "M", "O"]),
    "description": SHORT,
    "accession_number": SHORT,
}
CHANGES = st.lists(st.fixed_dictionaries({}, optional=VALUES).filter(bool), min_size=1, max_size=3).map(
    lambda each: [Change(AT + timedelta(minutes=number), values) for number, values in enumerate(each)]
)


@cache
def taken_in() -> list[Path]:
    """The real files that ingest takes."""
    paths = []
    for path in map(Path, real_files()):
        data = path.read_bytes()
        try:
            read_header(io.BytesIO(data), size=len(data), limits=Limits())
        except Exception:
            continue
        paths.append(path)
    return paths


def corrected(data: bytes, changes: list[Change]) -> bytes:
    beginning = corrected_beginning(io.BytesIO(data), changes)
    return beginning.data + (b"" if beginning.rest_at is None else data[beginning.rest_at :])


def read(data: bytes) -> Dataset:
    return dcmread(io.BytesIO(data), force=True)


def model(data: bytes) -> dict[str, Any]:
    return json.loads(describe(io.BytesIO(data), {}).json)


def value_of(dataset: Dataset, tag: Any) -> Any:
    try:
        return dataset[tag].value
    except Exception:  # pydicom raises what it likes for a broken value
        return dataset.get_item(tag).value


def same_but_corrected(data: bytes, changes: list[Change]) -> None:
    before, sent = read(data), corrected(data, changes)
    after = read(sent)
    was, now = (
        {tag for tag in each.keys() if tag.element} - ATTRIBUTES  # noqa: SIM118
        for each in (before, after)
    )
    assert was == now
    for tag in was:
        assert value_of(before, tag) == value_of(after, tag), tag
    assert after.file_meta == before.file_meta
    assert corrected_model(model(data), changes) == model(sent)
    last = {column: value for change in changes for column, value in change.values.items()}
    for column, value in last.items():
        assert str(after[TAGS[column]].value or "") == value
    items = after[ORIGINALS].value[-len(changes) :]
    for item, change in zip(items, changes, strict=True):
        assert item.ReasonForTheAttributeModification == "CORRECT"
        [kept] = item.ModifiedAttributesSequence
        assert set(kept.keys()) == {TAGS[column] for column in change.values}
        for tag in kept.keys():  # noqa: SIM118
            assert str(kept[tag].value or "") == str(before[tag].value or "" if tag in before else "")
            before[tag] = after[tag] if change is changes[-1] else kept[tag]
        for column, value in change.values.items():
            before.add_new(TAGS[column], kept[TAGS[column]].VR, value)


@pytest.mark.parametrize("path", taken_in(), ids=lambda path: path.name)
@pytest.mark.parametrize("name", ["Quill^Hazel", "Müller^Ida=山田"])
def test_each_real_file_is_as_it_was_but_for_what_is_corrected(path: Path, name: str) -> None:
    changes = [
        Change(
            AT, {"patient_name": name, "patient_id": "Q 1", "issuer_of_patient_id": "", "description": "x"}
        ),
        Change(AT, {"patient_name": "B^C", "accession_number": "1"}),
    ]

    same_but_corrected(path.read_bytes(), changes)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), changes=CHANGES)
def test_whatever_is_corrected_in_whatever_file(data: st.DataObject, changes: list[Change]) -> None:
    small = [path for path in taken_in() if path.stat().st_size < 600_000]

    same_but_corrected(data.draw(st.sampled_from(small)).read_bytes(), changes)


def test_the_group_of_the_file_meta_and_the_pixels_are_the_bytes_received() -> None:
    data = sound()
    changes = [Change(AT, {"patient_name": "Rowan^Jane"})]

    sent = corrected(data, changes)

    assert sent[:132] == data[:132]
    pixels = data.index(b"\xe0\x7f\x10\x00")
    assert sent.endswith(data[pixels:])


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "image_dfl.dcm"])
def test_dciodvfy_finds_nothing_new(name: str, tmp_path: Path) -> None:
    [path] = [path for path in taken_in() if path.name == name]
    changes = [Change(AT, {"patient_name": "Müller^Ida", "patient_birth_date_raw": "19610704"})]
    sent = tmp_path / "sent.dcm"
    sent.write_bytes(corrected(path.read_bytes(), changes))

    before, after = (
        set(subprocess.run(["dciodvfy", each], capture_output=True, text=True).stderr.splitlines())
        for each in (path, sent)
    )

    assert {line for line in after - before if line.startswith("Error")} == set()


@given(vr=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2), value=st.binary(max_size=8))
@settings(max_examples=60, deadline=None)
def test_an_element_of_an_unknown_type_does_not_stand_in_the_way(vr: str, value: bytes) -> None:
    data = sound()
    at = data.index(b"\xe0\x7f\x10\0OW")
    odd = element(0x0029, 0x0060, vr.encode(), value + b"\0" * (len(value) % 2))
    with_odd = data[:at] + odd + data[at:]
    try:
        read_header(io.BytesIO(with_odd), size=len(with_odd), limits=Limits())
    except FileRefused:
        assume(False)

    written = corrected(with_odd, [Change(AT, {"patient_name": "Rowan^Jane"})])

    assert odd in written
    assert dcmread(io.BytesIO(written)).PatientName == "Rowan^Jane"


ODD_FILES = [
    path for path in odd_files.real_files() if path.stat().st_size < 60_000 and odd_files.parts_of(path)
]
# The rest of these leaves readers without an agreed end.
oddities = st.lists(
    st.tuples(st.sampled_from(sorted(odd_files.ODDITIES)), st.integers(0, 1000)), min_size=1, max_size=3
)


@example(path=ODD_FILES[4], which=[("item_end_behind", 0), ("signs_behind", 134)], behind=b"")
@given(
    path=st.sampled_from(ODD_FILES),
    which=oddities,
    behind=st.sampled_from([b"", b"\x29\0\1\0" + b"junk" * 9]),
)
@settings(max_examples=100, deadline=None)
def test_a_correction_shows_in_whatever_odd_file_was_taken(
    path: Path, which: list[tuple[str, int]], behind: bytes
) -> None:
    """Elements out of order, of no type, given twice, or behind the pixels: the name that was corrected is gone."""
    data = odd_files.made_odd(path, which) + behind
    try:
        read_header(io.BytesIO(data), size=len(data), limits=Limits())
    except FileRefused:
        assume(False)

    written = corrected(data, [Change(AT, {"patient_name": "Rowan^Jane"})])

    assert str(dcmread(io.BytesIO(written), force=True).PatientName) == "Rowan^Jane"


def test_a_name_behind_the_pixels_is_corrected() -> None:
    data = sound(PatientName=None)
    data += element(0x0010, 0x0010, b"PN", b"Quill^Hazel ")

    written = corrected(data, [Change(AT, {"patient_name": "Rowan^Jane"})])

    assert str(dcmread(io.BytesIO(written)).PatientName) == "Rowan^Jane"
    assert written.count(b"Quill^Hazel") == 1  # kept in the Original Attributes Sequence


@pytest.mark.parametrize("head", [(4).to_bytes(4, "little"), b"C\xd3\4\0", b"S_\4\0", b"\0\0\4\0"])
def test_what_the_order_puts_first_does_not_take_the_types_of_the_others(head: bytes) -> None:
    """An element without a type, or with a damaged one, that stood behind others in the received file."""
    data = sound()
    at = data.index(b"\xe0\x7f\x10\0OW")
    # (0008,0001): before all that the file has.
    received = data[:at] + b"\x08\0\1\0" + head + b"abcd" + data[at:]
    before = read(received)

    again = read(corrected(received, [Change(AT, {"patient_name": "Rowan^Jane"})]))

    assert str(again.PatientName) == "Rowan^Jane"
    assert again.get_item(0x00080001).value == before.get_item(0x00080001).value
    assert again.keys() == {*before.keys(), ORIGINALS}
