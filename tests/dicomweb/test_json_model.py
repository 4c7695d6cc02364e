"""The JSON model of an instance: the rules of PS3.18 annex F, over samples and over what writers make up."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from audit import clock
from studies.ingest.json_model import BINARY, describe, with_bulk_at
from studies.models import Instance, InstanceMetadata
from studies.services import erase_study, store_missing_metadata, take_in_all
from tests.bad_files import Homes, as_bytes, dicom, dicom_storage, element, head, homes, sound, source
from tests.cast import IMPORTER, Cast, acting
from tests.dicomweb.real_files import real_files

__all__ = ["dicom_storage", "homes"]

FILES = [name for name in real_files() if "too_short" not in name]


def model_of(data: bytes) -> dict[str, Any]:
    return json.loads(describe(io.BytesIO(data), {}).json)


def written(tag: int, vr: bytes, value: bytes) -> dict[str, Any]:
    """What becomes of a single element of a file."""
    data = head() + element(tag >> 16, tag & 0xFFFF, vr, value)
    return model_of(data)[f"{tag:08X}"]


@pytest.mark.parametrize(
    ("vr", "value", "model"),
    [
        (b"DS", b"1.5\\x ", {"vr": "DS", "Value": [1.5, "x"]}),
        (b"DS", b"1\\\\3", {"vr": "DS", "Value": [1.0, None, 3.0]}),
        (b"DS", b"NaN ", {"vr": "DS", "Value": ["NaN"]}),
        (b"DS", b"", {"vr": "DS"}),
        (b"DS", b"  ", {"vr": "DS"}),
        (b"IS", b"1.5 ", {"vr": "IS", "Value": ["1.5"]}),
        (b"IS", b"abc ", {"vr": "IS", "Value": ["abc"]}),
        (b"IS", b"+7", {"vr": "IS", "Value": [7]}),
        (b"FL", b"\0\0\xc0\x7f", {"vr": "FL", "Value": ["nan"]}),
        (b"US", b"123", {"vr": "UN", "InlineBinary": "MTIz"}),
        (b"AT", b"\x28\0\x09\0", {"vr": "AT", "Value": ["00280009"]}),
        (b"LO", b"A\\\\B ", {"vr": "LO", "Value": ["A", None, "B"]}),
        (b"LO", b"", {"vr": "LO"}),
    ],
)
def test_values_that_are_empty_or_broken(vr: bytes, value: bytes, model: dict[str, Any]) -> None:
    assert written(0x00091010, vr, value) == model


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Quill^Hazel", [{"Alphabetic": "Quill^Hazel"}]),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", [
            {"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
        ]),
        ("=山田", [{"Ideographic": "山田"}]),
        ("A\\\\B", [{"Alphabetic": "A"}, None, {"Alphabetic": "B"}]),
        ("", None),
    ],
)  # fmt: skip
def test_person_names_are_objects_of_their_groups(value: str, names: Any) -> None:
    data = head() + element(8, 5, b"CS", b"ISO_IR 192") + element(0x10, 0x10, b"PN", value.encode())

    assert model_of(data)["00100010"] == ({"vr": "PN", "Value": names} if names else {"vr": "PN"})


@pytest.mark.parametrize(
    ("charset", "encoding"), [("ISO_IR 100", "latin-1"), ("ISO_IR 192", "utf-8"), ("GB18030", "gb18030")]
)
def test_texts_are_utf_8_whatever_came_in(charset: str, encoding: str) -> None:
    name = "Müller^Jörg" if encoding != "gb18030" else "王^小东"
    data = (
        head()
        + element(8, 5, b"CS", charset.encode().ljust(-(-len(charset) // 2) * 2))
        + element(0x10, 0x10, b"PN", name.encode(encoding))
    )

    model = model_of(data)

    assert model["00100010"]["Value"] == [{"Alphabetic": name}]
    assert model["00080005"] == {"vr": "CS", "Value": ["ISO_IR 192"]}


def test_a_spacing_of_zero_is_left_out_and_a_true_one_stays() -> None:
    assert "00280030" not in model_of(sound(PixelSpacing=["0", "0"]))
    assert model_of(sound(PixelSpacing=["0.5", "0.25"]))["00280030"]["Value"] == [0.5, 0.25]


def test_tables_of_colours_are_inline_and_pixels_are_not() -> None:
    model = model_of(
        sound(
            RedPaletteColorLookupTableData=b"\1\2" * 65536,
            PixelData=b"\0" * 128,
            EncapsulatedDocument=b"x" * 9000,
        )
    )

    assert model["00281201"]["InlineBinary"].startswith("AQIB")
    assert model["7FE00010"] == {"vr": "OW", "BulkDataURI": "7FE00010"}
    assert model["00420011"]["BulkDataURI"] == "00420011"


def test_bulky_values_of_items_are_named_by_their_path() -> None:
    item = Dataset()
    item.EncapsulatedDocument = b"x" * 9000
    inside = model_of(sound(ReferencedImageSequence=[Dataset(), item]))["00081140"]["Value"]

    assert inside == [{}, {"00420011": {"vr": "OB", "BulkDataURI": "00081140/1/00420011"}}]


def test_urls_are_put_before_the_paths_and_not_into_texts() -> None:
    text = '"BulkDataURI":"x'
    sent = with_bulk_at(describe(io.BytesIO(sound(StudyDescription=text)), {}).json, "https://cimar.example/")

    model = json.loads(sent)
    assert model["7FE00010"]["BulkDataURI"] == "https://cimar.example/7FE00010"
    assert model["00081030"]["Value"] == [text]


VRS = [
    "AE",
    "AS",
    "AT",
    "CS",
    "DA",
    "DS",
    "DT",
    "FD",
    "FL",
    "IS",
    "LO",
    "LT",
    "OB",
    "OW",
    "PN",
    "SH",
    "SL",
    "SS",
    "ST",
    "TM",
    "UC",
    "UI",
    "UL",
    "UN",
    "US",
    "UT",
]
VALUES = st.one_of(
    st.binary(max_size=40),
    st.text("0123456789+-.eE\\ ^=", max_size=20).map(lambda text: text.encode()),
)


@settings(max_examples=150, deadline=None)
@given(vr=st.sampled_from(VRS), value=VALUES)
def test_whatever_a_value_holds_the_model_is_json_of_the_known_shape(vr: str, value: bytes) -> None:
    # A length that is odd is a writer's mistake of its own: it is taken in too.
    model = written(0x00091010, vr.encode(), value)

    assert set(model) <= {"vr", "Value", "InlineBinary", "BulkDataURI"}
    assert len(set(model) - {"vr"}) <= 1
    assert model.get("Value") != []
    assert model["vr"] in BINARY or "InlineBinary" not in model


@pytest.mark.parametrize("name", FILES)
def test_every_file_that_pydicom_ships_has_all_its_attributes(name: str) -> None:
    with open(name, "rb") as stream:
        data = stream.read()
    dataset = dcmread(io.BytesIO(data))
    spacings = {"00280030", "00181164", "00182010"}
    kept = {f"{tag:08X}" for tag in dataset._dict if tag.element and tag.group != 0xFFFC} - spacings

    model = model_of(data)

    assert kept <= set(model)
    assert set(model) - kept - spacings <= {"00080005"}


def test_what_is_read_from_an_implicit_file_has_single_vrs() -> None:
    dataset = dicom(SmallestImagePixelValue=3)
    dataset.file_meta = dcmread(io.BytesIO(sound())).file_meta
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    out = io.BytesIO()
    dataset.save_as(out, implicit_vr=True, little_endian=True, enforce_file_format=True)

    model = model_of(out.getvalue())

    assert {each["vr"] for each in model.values() if " " in each["vr"]} == set()
    assert model["00280106"] == {"vr": "US", "Value": [3]}


# Stored


def test_metadata_are_stored_when_a_file_is_taken_in(homes: Homes, dicom_storage: Any) -> None:
    take_in_all(
        worklist=homes.ct, by=IMPORTER, sources=[source(as_bytes(dicom(NumberOfFrames=2, Columns=4)))]
    )

    stored = InstanceMetadata.objects.get()

    assert json.loads(stored.json)["00280008"]["Value"] == [2]
    assert stored.size == len(stored.json.encode())
    assert (stored.frame_bytes, stored.frame_offsets) == (64, None)


def test_what_is_missing_is_stored_in_batches_and_a_second_run_finds_nothing(
    homes: Homes, dicom_storage: Any
) -> None:
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(sound()) for _ in range(5)])
    before = dict(InstanceMetadata.objects.values_list("pk", "json"))
    InstanceMetadata.objects.all().delete()
    seen: list[tuple[int, int]] = []

    done = store_missing_metadata(progress=lambda last, done: seen.append((last, done)))

    assert done == 5
    assert seen == [(max(before), 5)]
    assert dict(InstanceMetadata.objects.values_list("pk", "json")) == before
    assert store_missing_metadata() == 0


def test_a_file_that_is_not_in_the_storage_is_passed_over(homes: Homes, dicom_storage: Any) -> None:
    take_in_all(worklist=homes.ct, by=IMPORTER, sources=[source(sound())])
    InstanceMetadata.objects.all().delete()
    Instance.objects.get().blob.__class__.objects.update(sha256="0" * 64)

    assert store_missing_metadata() == 0


def test_metadata_go_when_their_study_is_deleted(cast: Cast, dicom_storage: Any) -> None:
    take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(sound())])
    study = InstanceMetadata.objects.get().instance.study

    erase_study(study=study, by=acting(cast.adam), why="Wrong patient", at=clock.now())

    assert not InstanceMetadata.objects.exists()
