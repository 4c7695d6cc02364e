"""Nothing that identifies a patient comes out of a de-identified file: of every real file, and wherever it was put."""

import io
import shutil
import subprocess
import tracemalloc
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.datadict import DicomDictionary
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    UID_dictionary,
)

from studies.deidentified import CannotDeidentify, Deidentified, Options, Secrets, deidentify
from studies.deidentified.files import IdentityInPixels, burned_in, may_show_text
from studies.deidentified.table import ACTIONS, DESCRIPTORS
from tests.bad_files import as_bytes, dicom, sound
from tests.dicomweb.real_files import real_files

NO_OPTION = Options()
EVERY_OPTION = Options(dates="keep", device=True, characteristics=True, descriptors=True)
SHIFTED = Options(dates="shift")
PIXELS = 0x7FE00008
# What is in so many files that to find it says nothing of anybody.
COMMON = {"anonymized", "original", "primary", "axial", "other", "unknown", "whole body"}


def deidentified(data: bytes, options: Options = NO_OPTION, secrets: Secrets | None = None) -> bytes:
    file = io.BytesIO(data)
    made = deidentify(file, options, secrets or Secrets())
    sent = b"".join(made.pieces(file))
    assert len(sent) == made.size
    return sent


def read(data: bytes) -> Dataset:
    return dcmread(io.BytesIO(data))


@cache
def images() -> list[Path]:
    """The real files that can be de-identified."""
    paths = []
    for path in map(Path, real_files()):
        try:
            with path.open("rb") as file:
                deidentify(file, Options(), Secrets())
        except CannotDeidentify:
            continue
        paths.append(path)
    return paths


def elements(dataset: Dataset) -> Iterator[DataElement]:
    for tag in list(dataset.keys()):
        try:
            element = dataset[tag]
        except Exception:
            continue
        yield element
        if element.VR == "SQ":
            for item in element.value:
                yield from elements(item)


def identifying(dataset: Dataset) -> set[bytes]:
    """Names, texts and UIDs of the file that the profile takes away, and every private text."""
    texts = set()
    for element in elements(dataset):
        is_text = element.VR in ("PN", "LO", "SH", "ST", "LT", "UT", "UC", "AE", "DA", "DT")
        is_taken = element.VR == "PN" or element.tag in ACTIONS or element.tag.is_private
        if element.VR == "UI":
            texts |= {str(uid) for uid in values_of(element) if uid not in UID_dictionary and len(uid) > 7}
        elif is_text and is_taken and element.tag not in DESCRIPTORS:
            texts |= {str(value).strip() for value in values_of(element) if len(str(value).strip()) > 5}
    return {text.encode("utf-8") for text in texts if text.lower() not in COMMON}


def values_of(element: DataElement) -> list[Any]:
    value = element.value
    return list(value) if hasattr(value, "insert") else [value]


def without_pixels(data: bytes) -> bytes:
    """All but the values of pixel data, in which any bytes can stand by chance."""
    dataset = read(data)
    for tag in [tag for tag in dataset.keys() if tag >= PIXELS]:  # noqa: SIM118
        del dataset[tag]
    out = io.BytesIO()
    dataset.save_as(out)
    return out.getvalue()


def test_most_of_the_real_files_are_images() -> None:
    assert len(images()) > 100


@pytest.mark.parametrize("path", real_files(), ids=lambda path: Path(path).name)
def test_no_identifying_value_of_a_real_file_comes_out(path: str) -> None:
    data = Path(path).read_bytes()
    try:
        sent = deidentified(data)
    except CannotDeidentify:
        return
    before, after = dcmread(io.BytesIO(data)), read(sent)

    bytes_sent = without_pixels(sent)
    assert [text for text in identifying(before) if text in bytes_sent] == []
    assert not any(element.tag.is_private for element in elements(after))
    assert after.PatientIdentityRemoved == "YES"
    assert sent[:128] == bytes(128)
    assert after.file_meta.MediaStorageSOPInstanceUID == after.get("SOPInstanceUID", "")
    if "PixelData" in before and before.file_meta.TransferSyntaxUID != DeflatedExplicitVRLittleEndian:
        assert after.PixelData == before.PixelData
    for word in (
        "Rows",
        "Columns",
        "BitsAllocated",
        "BitsStored",
        "PixelRepresentation",
        "PhotometricInterpretation",
    ):
        assert after.get(word) == before.get(word)


TEXT_VRS = ("LO", "SH", "ST", "LT", "UT", "UC", "AE", "CS", "PN", "UR", "AS", "DA", "TM", "DT")
KNOWN = [Tag(tag) for tag in DicomDictionary if 0x0008 <= tag >> 16 < 0x7FE0 and tag & 0xFFFF]
NEEDED = {
    Tag(word)
    for word in (
        "SOPClassUID",
        "SOPInstanceUID",
        "Rows",
        "Columns",
        "SamplesPerPixel",
        "BitsAllocated",
        "SpecificCharacterSet",
    )
}
TAGS = st.one_of(
    st.sampled_from(KNOWN),
    st.sampled_from(sorted(ACTIONS)).filter(lambda tag: tag.group >= 8),
    st.builds(
        lambda group, element: Tag(group * 2 + 1, element),
        st.integers(4, 0x3FEF),
        st.integers(0x1000, 0x10FF),
    ),
    st.builds(
        lambda group, element: Tag(0x6000 + group * 2, element), st.integers(0, 15), st.integers(0x10, 0x3000)
    ),
    st.builds(
        Tag, st.integers(0x5000, 0x50FE).filter(lambda group: group % 2 == 0), st.integers(0x5, 0x3000)
    ),
).filter(lambda tag: tag not in NEEDED)
MARKER = "Qzx7Wvkj"
NUMBER = "83619274"
ANY_VR = (*TEXT_VRS, "OB", "OW", "UN", "US", "SS", "UL", "FL", "FD", "IS", "DS")
VALUES = st.one_of(
    st.tuples(
        st.sampled_from(ANY_VR),
        st.sampled_from([MARKER, f"{MARKER}^Jane", f"A\\{MARKER.upper()}", "19530718"]),
    ),
    st.tuples(st.sampled_from(["IS", "DS", "CS", "LO", "UN", "AS"]), st.just(NUMBER)),
    st.just(("UI", f"1.2.3.{NUMBER}.4")),
    st.just(("DT", "19530718101112.5")),
)
FORBIDDEN = [MARKER, MARKER.upper(), MARKER.lower(), NUMBER, "19530718"]
TABLES = {Tag(0x00281201 + number) for number in range(4)} | {Tag(0x00281221 + number) for number in range(4)}
TABLES |= {Tag("ICCProfile"), Tag("LUTData")}


SEQUENCES = [Tag(tag) for tag, entry in DicomDictionary.items() if entry[0] == "SQ" and tag >> 16 >= 8][::7]


@st.composite
def planted(draw: st.DrawFn) -> Dataset:
    ds = dicom(PatientID=NUMBER, PatientName=f"{MARKER}^Jane", PatientBirthDate="19530718")
    for _ in range(draw(st.integers(1, 6))):
        tag, (vr, value) = draw(TAGS), draw(VALUES)
        assume(tag not in TABLES or vr in TEXT_VRS)
        holder = ds
        for depth in range(draw(st.integers(0, 3))):
            item = Dataset()
            item.add_new(
                Tag("SegmentNumber") if depth % 2 else Tag("StageNumber"), "US" if depth % 2 else "IS", 1
            )
            sequence = draw(st.sampled_from(SEQUENCES))
            holder[sequence] = DataElement(sequence, "SQ", Sequence([item]))
            holder = item
        data = value.encode().ljust(len(value) + len(value) % 2)
        holder[tag] = RawDataElement(tag, vr, len(data), data, 0, False, True)
    return ds


def written(ds: Dataset, syntax: str) -> bytes:
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = (
        ds.SOPClassUID,
        ds.SOPInstanceUID,
    )
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.SourceApplicationEntityTitle = MARKER
    ds.preamble = MARKER.encode().ljust(128, b"\0")
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(
    ds=planted(),
    syntax=st.sampled_from([ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]),
    options=st.sampled_from(
        [Options(), SHIFTED, Options(device=True), Options(characteristics=True, descriptors=True)]
    ),
)
def test_what_identifies_never_comes_out_wherever_it_was_put(
    ds: Dataset, syntax: str, options: Options
) -> None:
    try:
        data = written(ds, syntax)
    except Exception:
        assume(False)

    sent = deidentified(data, options)

    assert [text for text in FORBIDDEN if text.encode() in sent or text.encode("utf-16-le") in sent] == []
    read(sent).walk(lambda dataset, element: element.value)


def test_what_is_kept_is_what_a_picture_needs() -> None:
    after = read(deidentified(sound(Modality="CT", RescaleSlope="1.5", WindowCenter="40", WindowWidth="400")))

    assert (after.Modality, after.RescaleSlope, after.WindowCenter) == ("CT", 1.5, 40)
    assert after.PatientName == after.PatientID != "MRN000117"
    assert "SeriesDescription" not in after
    assert not after.StudyDate


def test_uids_are_the_same_in_all_files_of_a_download_and_others_in_the_next() -> None:
    secrets = Secrets()
    first, second = (sound(StudyInstanceUID="1.2.3", SeriesInstanceUID="1.2.4", ReferencedImageSequence=[ref(uid)],
                           SOPInstanceUID=own) for own, uid in (("1.2.5", "1.2.6"), ("1.2.6", "1.2.5")))  # fmt: skip

    one, two = (read(deidentified(data, secrets=secrets)) for data in (first, second))
    other = read(deidentified(first))

    assert one.StudyInstanceUID == two.StudyInstanceUID != "1.2.3"
    assert one.SeriesInstanceUID == two.SeriesInstanceUID
    assert one.ReferencedImageSequence[0].ReferencedSOPInstanceUID == two.SOPInstanceUID
    assert two.ReferencedImageSequence[0].ReferencedSOPInstanceUID == one.SOPInstanceUID
    assert one.ReferencedImageSequence[0].ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert one.PatientID == two.PatientID != other.PatientID
    assert other.StudyInstanceUID != one.StudyInstanceUID


def ref(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", uid
    return item


def test_dates_are_moved_by_the_same_days_for_a_patient() -> None:
    secrets = Secrets()
    days = {
        "StudyDate": "20260110",
        "ContentDate": "20260131",
        "AcquisitionDateTime": "20260131101112.25+0100",
    }
    data = sound(**days, StudyTime="101112", PatientBirthDate="19610704")

    moved, again = (read(deidentified(data, SHIFTED, secrets)) for _ in range(2))
    kept = read(deidentified(data, Options(dates="keep")))

    def day(text: str) -> int:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])).toordinal()

    gaps = {day(days[word]) - day(str(moved[word].value)) for word in days}
    assert len(gaps) == 1
    assert 30 <= gaps.pop() <= 3650
    assert moved.StudyDate == again.StudyDate
    assert str(moved.AcquisitionDateTime)[8:] == "101112.25+0100"
    assert moved.StudyTime == "101112"
    assert not moved.PatientBirthDate and not kept.PatientBirthDate
    assert {word: str(kept[word].value) for word in days} == days
    assert kept.LongitudinalTemporalInformationModified == "UNMODIFIED"


def test_the_options_keep_what_they_say_and_no_more() -> None:
    data = sound(PatientAge="093Y", PatientSex="F", PatientWeight="61.5", StationName="CT99", Manufacturer="Acme",
                 StudyDescription="CT thorax of Hazel Quill for Dr Rowan", PatientName="Quill^Hazel")  # fmt: skip

    bare = read(deidentified(data))
    with_patient = read(deidentified(data, Options(characteristics=True)))
    with_device = read(deidentified(data, Options(device=True)))
    described = read(deidentified(data, Options(descriptors=True)))

    assert not any(
        bare.get(word) for word in ("PatientAge", "PatientWeight", "Manufacturer", "StudyDescription")
    )
    assert (with_patient.PatientAge, with_patient.PatientSex, with_patient.PatientWeight) == (
        "090Y",
        "F",
        61.5,
    )
    assert (with_device.StationName, with_device.Manufacturer) == ("CT99", "Acme")
    assert described.StudyDescription == "CT thorax of for Dr"
    codes = {
        each.CodeValue for each in read(deidentified(data, EVERY_OPTION)).DeidentificationMethodCodeSequence
    }
    assert codes == {"113100", "113105", "113106", "113108", "113109"}


def test_other_objects_than_images_are_left_out() -> None:
    for kind in ("1.2.840.10008.5.1.4.1.1.88.11", "1.2.840.10008.5.1.4.1.1.104.1", "1.2.3.4"):
        with pytest.raises(CannotDeidentify):
            deidentified(sound(SOPClassUID=kind))


@pytest.mark.parametrize(("position", "outcome"), [(14, pytest.raises(IdentityInPixels)), (0, nullcontext())])
def test_an_overlay_in_bits_of_the_pixels_keeps_the_file_back(position: int, outcome: Any) -> None:
    """The pixels are copied, and what it writes on them may be the patient's name."""
    ds = dicom(SOPClassUID="1.2.840.10008.5.1.4.1.1.2")
    for element, value in ((0x0010, 8), (0x0011, 8), (0x0102, position)):
        ds.add_new(0x60040000 | element, "US", value)

    with outcome:
        assert "PixelData" in read(deidentified(as_bytes(ds)))


def test_names_in_compressed_pixels_keep_the_file_back() -> None:
    frame = b"\xff\xd8\xff\xfe\x00\x12Quillington Hazel\x00\xff\xd9"
    item = (
        b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0" + len(frame + b"\0").to_bytes(4, "little") + frame + b"\0"
    )
    ds = dicom(PatientName="Quillington^Hazel")
    ds.PixelData = item + b"\xfe\xff\xdd\xe0\0\0\0\0"
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True

    with pytest.raises(IdentityInPixels):
        deidentified(as_bytes(ds, syntax="1.2.840.10008.1.2.4.50"))


def test_what_is_behind_the_pixels_is_left_out() -> None:
    ds = dicom()
    ds.add_new(0xFFFCFFFC, "OB", b"Quill Hazel again ")

    assert b"Quill" not in deidentified(as_bytes(ds))


def test_pictures_that_may_show_text_are_known() -> None:
    assert may_show_text("1.2.840.10008.5.1.4.1.1.6.1", "")
    assert may_show_text("1.2.840.10008.5.1.4.1.1.7.4", "")
    assert not may_show_text("1.2.840.10008.5.1.4.1.1.6.1", "NO")
    assert not may_show_text("1.2.840.10008.5.1.4.1.1.2", "")
    assert may_show_text("1.2.840.10008.5.1.4.1.1.2", "YES")
    assert burned_in(dicom(BurnedInAnnotation="YES"))


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "image_dfl.dcm", "examples_ybr_color.dcm"]
)
@pytest.mark.parametrize("options", [Options(), SHIFTED, EVERY_OPTION], ids=["none", "shifted", "all"])
def test_dciodvfy_finds_nothing_new(name: str, options: Options, tmp_path: Path) -> None:
    [path] = [path for path in images() if path.name == name]
    sent = tmp_path / "sent.dcm"
    sent.write_bytes(deidentified(path.read_bytes(), options))

    before, after = (
        set(subprocess.run(["dciodvfy", each], capture_output=True, text=True).stderr.splitlines())
        for each in (path, sent)
    )

    assert {line for line in after - before if line.startswith("Error")} == set()


def test_memory_does_not_grow_with_the_pixels(tmp_path: Path) -> None:
    path = tmp_path / "large.dcm"
    path.write_bytes(sound(Rows=4096, Columns=4096, PixelData=bytes(2 * 4096 * 4096)))

    tracemalloc.start()
    try:
        with path.open("rb") as file:
            made: Deidentified = deidentify(file, Options(), Secrets())
            assert sum(map(len, made.pieces(file))) == made.size > 33_000_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 4_000_000
