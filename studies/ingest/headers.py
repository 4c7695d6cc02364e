"""What a file's header holds of its patient, study, series and itself, in the shape of our columns."""

import math
import warnings
from dataclasses import dataclass
from typing import IO, Any

from django.utils.translation import gettext as _
from pydicom import config
from pydicom.datadict import dictionary_description, dictionary_VR
from pydicom.dataelem import convert_raw_data_element
from pydicom.multival import MultiValue
from pydicom.tag import Tag
from pydicom.uid import UID, AllTransferSyntaxes, DeflatedExplicitVRLittleEndian, MPEGTransferSyntaxes

from accounts.models import Account
from studies.ingest.bystanders import DISC_INDEX
from studies.ingest.charsets import CharacterSet
from studies.ingest.image_order import numbers, slice_of, taken_at
from studies.ingest.limits import Limits
from studies.ingest.opening import read_opening, text_of
from studies.ingest.plain_values import plain_values
from studies.ingest.refusals import FEWER_PIXELS, NO_PIXELS, NOT_DICOM, FileRefused, LeftAside
from studies.ingest.results import Uids
from studies.ingest.structure import Pixels, Walked
from studies.ingest.text import clean, lenient_date
from studies.ingest.uids import is_standard, is_uid
from studies.ingest.walk import walk
from studies.models import Series, Study
from studies.object_kinds import is_image_class

# A wrong value is the sender's; pydicom's warnings about it would put patient data into the log.
config.settings.reading_validation_mode = config.IGNORE

WORDS = (
    "SpecificCharacterSet", "SOPClassUID", "SOPInstanceUID", "StudyDate", "StudyTime",
    "AccessionNumber", "Modality", "InstitutionName", "ReferringPhysicianName", "StudyDescription",
    "SeriesDescription", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate",
    "PatientSex",
    "BodyPartExamined", "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "InstanceNumber",
    "SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns",
    "BitsAllocated", "ImageOrientationPatient", "ImagePositionPatient",
    "AcquisitionDateTime", "AcquisitionDate", "AcquisitionTime", "ContentDate", "ContentTime",
)  # fmt: skip
TAGS = {word: int(Tag(word)) for word in WORDS}
VRS = {word: dictionary_VR(tag) for word, tag in TAGS.items()}
KEEP = frozenset(TAGS.values())
# Values in the character set of the data set; the others have none, and writers use it there all the same.
CODED = frozenset({"PN", "LO", "SH", "CS", "DA", "TM", "DT", "DS", "IS"})
MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"
MOST = 2**31 - 1
# One of these is in every object: without a preamble they tell a data set from anything else.
IDENTIFIED_BY = {TAGS["StudyInstanceUID"], TAGS["SOPInstanceUID"]}
STUDY_LENGTHS, SERIES_LENGTHS = (
    {field.name: field.max_length for field in model._meta.concrete_fields if field.max_length}
    for model in (Study, Series)
)
NATIVE = {uid for uid in AllTransferSyntaxes if not uid.is_compressed or uid.is_deflated}


@dataclass(frozen=True, kw_only=True)
class Header:
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    # Where the data set begins, of a file whose structure is what its transfer syntax says; else None.
    regular_from: int | None = None
    # The columns of Study, Series and Instance by name.
    study: dict[str, Any]
    series: dict[str, Any]
    instance: dict[str, Any]

    @property
    def uids(self) -> Uids:
        return Uids(
            study=self.study_instance_uid,
            series=self.series_instance_uid,
            instance=self.sop_instance_uid,
            sop_class=self.instance["sop_class_uid"],
        )


def read_header(
    file: IO[bytes], *, size: int, limits: Limits, fallback: str = Account.CharacterSet.LATIN_1
) -> Header:
    """Everything we keep of one file, or FileRefused with the sentence why not.

    `fallback` is the character set of text that does not say its own.
    """
    opening = read_opening(file, size=size, limits=limits)
    if text_of(opening.meta.get(0x00020002, b"")) == MEDIA_DIRECTORY:
        raise LeftAside(DISC_INDEX)  # damaged as well: nothing is read from it
    walked = walk(file, opening, size=size, keep=KEEP, limits=limits)
    if "no_preamble" in walked.deviations and not walked.elements.keys() & IDENTIFIED_BY:
        raise FileRefused(NOT_DICOM)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = _Values(walked, fallback)
        if values.text("SOPClassUID") == MEDIA_DIRECTORY:
            raise LeftAside(DISC_INDEX)
        header = Header(
            study_instance_uid=values.uid("StudyInstanceUID"),
            series_instance_uid=values.uid("SeriesInstanceUID"),
            sop_instance_uid=values.uid("SOPInstanceUID", 0x00020003),
            regular_from=opening.at if _is_regular(walked) else None,
            study=_study(values),
            series=_series(values),
            instance=_instance(values, walked),
        )
    values.text_is_read()
    header.instance["deviations"] = sorted(values.deviations)
    return header


def _is_regular(walked: Walked) -> bool:
    return (
        not walked.deviations
        and walked.transfer_syntax in AllTransferSyntaxes
        and walked.transfer_syntax != DeflatedExplicitVRLittleEndian
    )


def _study(values: "_Values") -> dict[str, Any]:
    born, done = values.text("PatientBirthDate"), values.text("StudyDate")
    columns = {
        "patient_name": values.text("PatientName"),
        "patient_id": values.text("PatientID"),
        "issuer_of_patient_id": values.text("IssuerOfPatientID"),
        "patient_birth_date_raw": born,
        "patient_sex": values.text("PatientSex"),
        "study_date_raw": done,
        "study_time_raw": values.text("StudyTime"),
        "accession_number": values.text("AccessionNumber"),
        "description": values.text("StudyDescription"),
        "referring_physician": values.text("ReferringPhysicianName"),
        "institution": values.text("InstitutionName"),
    }
    cut = {name: clean(text, STUDY_LENGTHS[name]) for name, text in columns.items()}
    return {**cut, "patient_birth_date": lenient_date(born), "study_date": lenient_date(done)}


def _series(values: "_Values") -> dict[str, Any]:
    columns = {
        "modality": values.text("Modality").upper(),
        "description": values.text("SeriesDescription"),
        "body_part": values.text("BodyPartExamined"),
    }
    cut = {name: clean(text, SERIES_LENGTHS[name]) for name, text in columns.items()}
    return {**cut, "number": values.number("SeriesNumber")}


def _instance(values: "_Values", walked: Walked) -> dict[str, Any]:
    pixels = walked.pixels
    rows, columns = values.count("Rows"), values.count("Columns")
    frames = (values.count("NumberOfFrames") or 1) if pixels else 0
    sop_class = clean(values.text_or_meta("SOPClassUID", 0x00020002), 64)
    # An object that is no image may say the size of one: raw data do.
    has_size = rows and columns and values.count("BitsAllocated")
    if not pixels and (is_image_class(sop_class) or (has_size and not sop_class)):
        raise FileRefused(NO_PIXELS)
    if pixels and rows and columns:
        syntax = UID(walked.transfer_syntax)
        _as_many_pixels_as_it_says(values, syntax, pixels, rows=rows, columns=columns, frames=frames)
    return {
        "sop_class_uid": sop_class,
        "transfer_syntax_uid": walked.transfer_syntax,
        "number": values.number("InstanceNumber"),
        "slice": slice_of(
            numbers(values.text("ImageOrientationPatient")), numbers(values.text("ImagePositionPatient"))
        ),
        "taken": taken_at(values.text),
        "rows": rows,
        "columns": columns,
        "frames": frames,
    }


def _as_many_pixels_as_it_says(
    values: "_Values", syntax: UID, pixels: Pixels, *, rows: int, columns: int, frames: int
) -> None:
    if pixels.fragments is not None:
        # A film is one stream, however many frames; anything else has at least a fragment for each.
        if pixels.fragments < frames and syntax not in MPEGTransferSyntaxes:
            raise FileRefused(FEWER_PIXELS)
        return
    if syntax not in NATIVE:
        return  # wrongly encoded: kept, but no picture can be made of it
    bits = values.count("BitsAllocated") or 8
    samples = values.count("SamplesPerPixel") or 1
    expected = math.ceil(rows * columns * samples * frames * bits / 8)
    if values.text("PhotometricInterpretation") in ("YBR_FULL_422", "YBR_PARTIAL_422"):
        if pixels.size >= expected:
            return  # not subsampled, whatever it says
        expected = expected * 2 // 3
    if pixels.size < expected:
        raise FileRefused(FEWER_PIXELS)
    if pixels.size > expected + expected % 2:
        values.deviations.add("more_pixels")


class _Values:
    """The kept elements, read leniently: what cannot be read is empty."""

    def __init__(self, walked: Walked, fallback: str) -> None:
        self._elements, self._meta = walked.elements, walked.meta
        self.deviations = set(walked.deviations)
        declared = walked.elements.get(TAGS["SpecificCharacterSet"])
        self._charset = CharacterSet.declared(declared.value if declared else None, fallback)

    def meta(self, tag: int) -> str:
        return text_of(self._meta.get(tag, b""))

    def text(self, word: str) -> str:
        raw = self._elements.get(TAGS[word])
        if raw is None:
            return ""
        if (vr := VRS[word]) in CODED and isinstance(raw.value, bytes):
            whole = self._charset.text(raw.value, is_name=vr == "PN")
            return "\\".join([part.rstrip("\0 ") for part in whole.split("\\")])
        if (plain := plain_values(raw, vr)) is not None:
            return "\\".join(map(str, plain))
        try:
            value = convert_raw_data_element(raw).value
        except Exception:  # pydicom raises many kinds of errors here
            value = (raw.value or b"").decode("latin-1")
        return "\\".join(map(str, value)) if isinstance(value, MultiValue) else str(value)

    def text_is_read(self) -> None:
        """All text is read: whether its character set had to be guessed is known now."""
        if self._charset.guessed:
            self.deviations.add("charset_guessed")

    def text_or_meta(self, word: str, tag: int) -> str:
        """A UID of the data set, or the file meta group's where the data set has none."""
        value = self.text(word).strip("\0 ")
        if not value and (value := self.meta(tag)):
            self.deviations.add("uid_from_meta")
        return value

    def uid(self, word: str, meta_tag: int = 0) -> str:
        name = dictionary_description(word)
        value = self.text_or_meta(word, meta_tag)
        if not value:
            raise FileRefused(_("It has no %(name)s.") % {"name": name})
        if not is_uid(value):
            raise FileRefused(_("Its %(name)s is not a valid UID.") % {"name": name})
        if not is_standard(value):
            self.deviations.add("odd_uid")
        return value

    def number(self, word: str) -> int | None:
        """Of a multiple value the first."""
        try:
            number = int(float(self.text(word).split("\\")[0]))
        except (ValueError, OverflowError):
            return None
        return number if -MOST <= number <= MOST else None

    def count(self, word: str) -> int | None:
        number = self.number(word)
        return number if number is not None and number >= 0 else None
