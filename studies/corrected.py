"""The JSON model and the file of an instance, with the corrections made at its home. The received file never changes.

Each correction replaces attributes and keeps the former values in an item of the Original Attributes Sequence
(PS3.3 C.12.1.1.9). pydicom reads and writes the file. Elements that are not corrected are written with the bytes that
were received, with two exceptions: group lengths are left out, and all text is converted to UTF-8 if a corrected value
cannot be written in the file's own character set.
"""

import warnings
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any, NamedTuple

from pydicom import Dataset
from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset, read_partial, read_preamble
from pydicom.filewriter import write_data_element
from pydicom.sequence import Sequence as Items
from pydicom.tag import BaseTag, Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian

# The columns of a study that can be corrected, and their attributes.
TAGS: dict[str, BaseTag] = {
    "patient_name": Tag("PatientName"),
    "patient_id": Tag("PatientID"),
    "issuer_of_patient_id": Tag("IssuerOfPatientID"),
    "patient_birth_date_raw": Tag("PatientBirthDate"),
    "patient_sex": Tag("PatientSex"),
    "description": Tag("StudyDescription"),
    "accession_number": Tag("AccessionNumber"),
}
VRS = {column: dictionary_VR(tag) for column, tag in TAGS.items()}
ORIGINALS = Tag("OriginalAttributesSequence")
CHARACTER_SET = Tag("SpecificCharacterSet")
PIXELS = 0x7FE0
DELIMITER_LENGTH = 8
# Values longer than this many bytes are not read where only the order of the elements is needed.
LARGE = 1024
UTF_8 = "ISO_IR 192"
SYSTEM = "CIMAR"
TEXTS = frozenset(["LO", "LT", "PN", "SH", "ST", "UC", "UT"])
GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


class Change(NamedTuple):
    """A correction: when it was made, and the new values by column."""

    at: datetime
    values: Mapping[str, str]

    @property
    def moment(self) -> str:
        return f"{self.at.astimezone(UTC):%Y%m%d%H%M%S.%f}+0000"


@dataclass(frozen=True)
class Beginning:
    """A corrected file: `data`, then the received file from `rest_at` on; without `rest_at`, `data` is complete."""

    data: bytes
    rest_at: int | None


def corrected_model(model: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """The DICOM JSON model with the corrections applied."""
    corrected = dict(model)
    items = list(corrected.get(_key(ORIGINALS), {}).get("Value", []))
    for change in changes:
        before = {
            _key(TAGS[column]): corrected.get(_key(TAGS[column]), {"vr": VRS[column]})
            for column in change.values
        }
        items.append(
            {
                "04000550": {"vr": "SQ", "Value": [dict(sorted(before.items()))]},
                "04000562": {"vr": "DT", "Value": [change.moment]},
                "04000563": {"vr": "LO", "Value": [SYSTEM]},
                "04000564": {"vr": "LO"},
                "04000565": {"vr": "CS", "Value": ["CORRECT"]},
            }
        )
        for column, value in change.values.items():
            corrected[_key(TAGS[column])] = _attribute(VRS[column], value)
    if items:
        corrected[_key(ORIGINALS)] = {"vr": "SQ", "Value": items}
    return dict(sorted(corrected.items()))


def corrected_beginning(file: IO[bytes], changes: Sequence[Change]) -> Beginning:
    """The part of a file before its pixels, corrected. The whole file if deflated, or if elements follow the pixels."""
    with warnings.catch_warnings():
        # A warning by pydicom about a value would put patient data into the log.
        warnings.simplefilter("ignore")
        return _beginning(file, changes)


def _beginning(file: IO[bytes], changes: Sequence[Change]) -> Beginning:
    file.seek(0)
    is_at_pixels = False

    def at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
        nonlocal is_at_pixels
        is_at_pixels = tag.group >= PIXELS
        return is_at_pixels

    dataset = read_partial(file, stop_when=at_pixels, force=True)
    is_deflated = dataset.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian
    stopped_at = file.tell()
    if not is_at_pixels and file.read(1):
        # pydicom stopped after a stray Item Delimitation Item. That item is kept: without it, readers would take the
        # bytes after the item for elements.
        stopped_at -= DELIMITER_LENGTH
    rest_at: int | None = stopped_at
    begins_at = data_set_at(file)
    file.seek(0)
    before = file.read(begins_at)
    if is_deflated or not _ends_with_pixels(file):
        file.seek(0)
        dataset, rest_at = read_partial(file, force=True), None
    _correct(dataset, changes)
    written = _written(dataset)
    if is_deflated:
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        written = packer.compress(written) + packer.flush()
        return Beginning(before + written + b"\0" * (len(written) % 2), None)
    return Beginning(before + written, rest_at)


def _key(tag: BaseTag) -> str:
    return f"{tag:08X}"


def _attribute(vr: str, value: str) -> dict[str, Any]:
    if not value:
        return {"vr": vr}
    if vr != "PN":
        return {"vr": vr, "Value": [value]}
    return {
        "vr": vr,
        "Value": [{word: group for word, group in zip(GROUPS, value.split("="), strict=False) if group}],
    }


def data_set_at(file: IO[bytes]) -> int:
    """Where the data set begins. The file meta group before the data set is sent as received."""
    file.seek(0)
    read_preamble(file, force=True)
    read_dataset(file, False, True, stop_when=lambda tag, vr, length: tag.group != 2)
    return file.tell()


def _ends_with_pixels(file: IO[bytes]) -> bool:
    """Whether no element that may be corrected follows the pixels; otherwise the whole file is written anew."""
    behind: list[bool] = []

    def note(tag: BaseTag, vr: str | None, length: int) -> bool:
        behind.append(tag.group >= PIXELS)
        return False

    file.seek(0)
    read_partial(file, stop_when=note, force=True, defer_size=LARGE)
    return behind == sorted(behind)


def _correct(dataset: Dataset, changes: Sequence[Change]) -> None:
    texts = [text for change in changes for text in change.values.values()]
    if not all(map(str.isascii, texts)) and not _can_hold(dataset, texts):
        _into_utf_8(dataset)
        dataset.SpecificCharacterSet = UTF_8
    items = [_kept(dataset, change) for change in changes]
    there = dataset.get(ORIGINALS)
    held = list(there.value) if there is not None and there.VR == "SQ" else []
    dataset[ORIGINALS] = DataElement(ORIGINALS, "SQ", Items([*held, *items]))


def _kept(dataset: Dataset, change: Change) -> Dataset:
    """Replace the attributes, and return the item that keeps their former values."""
    before, item = _nested(dataset), _nested(dataset)
    for column, value in change.values.items():
        tag, vr = TAGS[column], VRS[column]
        before[tag] = _typed(dict(dataset.items()).get(tag), vr) or DataElement(tag, vr, None)
        dataset[tag] = DataElement(tag, vr, value or None)
    item.ModifiedAttributesSequence = [before]
    item.AttributeModificationDateTime = change.moment
    item.ModifyingSystem = SYSTEM
    item.SourceOfPreviousValues = ""
    item.ReasonForTheAttributeModification = "CORRECT"
    return item


def _typed(element: DataElement | RawDataElement | None, vr: str) -> DataElement | RawDataElement | None:
    """Give an element that was read without a VR the VR of its attribute: items have VRs. The value keeps its bytes."""
    if isinstance(element, RawDataElement) and element.VR is None and not element.is_implicit_VR:
        return element._replace(VR=vr)
    return element


def _nested(dataset: Dataset) -> Dataset:
    """An empty item in the encoding of the data set, so that elements put into the item keep their bytes."""
    item = Dataset(parent_encoding=_encodings(dataset))
    item.set_original_encoding(*_syntax(dataset), _encodings(dataset))
    return item


def _syntax(dataset: Dataset) -> tuple[bool, bool]:
    """Whether the elements were read with implicit VRs, and whether in little-endian byte order."""
    for element in dataset.values():
        if isinstance(element, RawDataElement):
            return element.is_implicit_VR, element.is_little_endian
    implicit, little = dataset.original_encoding
    return bool(implicit), little is not False


def _encodings(dataset: Dataset) -> list[str]:
    return list(convert_encodings(dataset.get("SpecificCharacterSet") or "ISO_IR 6"))


def _can_hold(dataset: Dataset, texts: Sequence[str]) -> bool:
    term = dataset.get("SpecificCharacterSet")
    if (
        not isinstance(term, str)
        or not term.startswith(("ISO_IR", "GB"))
        or term in ("ISO_IR 6", "ISO_IR 13")
    ):
        return False
    try:
        for text in texts:
            text.encode(_encodings(dataset)[0])
    except UnicodeError:
        return False
    return True


def _into_utf_8(dataset: Dataset) -> None:
    """Decode all text, so that the text is written in the new character set. Undecodable text keeps its bytes."""
    for tag, raw in list(dataset.items()):
        vr = raw.VR or _vr_of(tag)
        if vr in TEXTS or vr == "SQ":
            try:
                element = dataset[tag]
            except (
                Exception
            ):  # allowed: pydicom raises what it likes for a broken value, which keeps its bytes
                continue
            for item in element.value if element.VR == "SQ" else ():
                _into_utf_8(item)
                if CHARACTER_SET in item:
                    del item[CHARACTER_SET]


def _vr_of(tag: BaseTag) -> str:
    return dictionary_VR(tag) if dictionary_has_tag(tag) else ""


def _written(dataset: Dataset) -> bytes:
    written = DicomBytesIO()
    written.is_implicit_VR, written.is_little_endian = _syntax(dataset)
    encodings = _encodings(dataset)
    # The raw elements: pydicom converts an element without a value when asked by tag, and fails if the VR is unknown.
    for tag, element in sorted(dataset.items()):
        if tag.element == 0:
            continue
        if isinstance(element, RawDataElement) and element.value is None:
            element = element._replace(value=b"")
        if isinstance(element, RawDataElement) and not written.is_implicit_VR and not written.tell():
            element = _with_a_type(element)
        if isinstance(element, RawDataElement) and element.VR is None and not written.is_implicit_VR:
            _write_without_type(written, element)
        else:
            write_data_element(written, element, encodings)
    return written.getvalue()


def _with_a_type(element: RawDataElement) -> RawDataElement:
    """Give the first element a VR: readers look there to see whether a data set has VRs.

    In the received file, another element was the first.
    """
    is_typed = element.VR is not None and all("A" <= letter <= "Z" for letter in element.VR)
    return element if is_typed else element._replace(VR="UN")


def _write_without_type(written: DicomBytesIO, element: RawDataElement) -> None:
    """Write an element without a VR as received, in a file whose other elements have VRs.

    The length is that of the bytes present: bytes after the end of a data set may be read as an element whose own
    length says more.
    """
    written.write_tag(element.tag)
    written.write_UL(len(element.value or b""))
    written.write(element.value or b"")
