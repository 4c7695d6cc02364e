"""A data set without what identifies the patient, at every depth."""

import re
from datetime import datetime, timedelta
from typing import Any

from pydicom import Dataset
from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_has_tag, dictionary_VM, dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID_dictionary

from studies.deidentified.identity import Identity, items_of, text_of
from studies.deidentified.options import KEEP, REMOVE, SHIFT, Options, Secrets
from studies.deidentified.table import (
    ACTIONS,
    DESCRIPTORS,
    LIFE_DATES,
    LISTED,
    Action,
)
from studies.deidentified.vocabulary import are_words, meaning_of, only_words

DATE, TIME = "19000101", "000000"
ANONYMOUS = "ANONYMIZED"
PROFILE = "PS3.15 Basic Application Level Confidentiality Profile"  # allowed: the standard's name of it
ELDEST = 89
DATES = frozenset(["DA", "DT", "TM"])
NUMBERS = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8, "SV": 8, "UV": 8, "AT": 4}
BYTES = frozenset(["OB", "OW", "OF", "OD", "OL", "OV"])
# Of values of bytes: tables of grey and colours, which a picture is not right without.
TABLES = frozenset(
    Tag(f"{colour}PaletteColorLookupTableData")
    for colour in ("Red", "Green", "Blue", "Alpha", "SegmentedRed", "SegmentedGreen", "SegmentedBlue")
) | {Tag("LUTData"), Tag("ICCProfile")}
PIXELS = 0x7FE0
FORMS = {
    "DA": re.compile(r"\d{8}"),
    "TM": re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?"),
    "DT": re.compile(r"\d{8}(\d{2,6}(\.\d{1,6})?)?([+-]\d{4})?"),
    "IS": re.compile(r"[+-]?\d{1,12}"),
    "DS": re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([Ee][+-]?\d{1,3})?"),
    "AS": re.compile(r"\d{3}[DWMY]"),
    "CS": re.compile(r"[A-Z0-9 _]{1,16}"),
    "UI": re.compile(r"[0-9.]{1,64}"),
}
DUMMIES: dict[str, Any] = {
    "DA": DATE, "TM": TIME, "DT": DATE + TIME, "AS": "000Y", "UR": "http://anonymized.invalid",
    "IS": "0", "DS": "0", "OB": b"\0\0", "OW": b"\0\0", "UN": b"\0\0", "OF": bytes(4), "OD": bytes(8), "OL": bytes(4),
    "OV": bytes(8), **dict.fromkeys(NUMBERS, 0),
}  # fmt: skip
PATIENT = Tag("PatientName"), Tag("PatientID")
CODES = {Tag("CodeValue"), Tag("CodingSchemeDesignator"), Tag("CodingSchemeVersion"), Tag("CodeMeaning")}
CHARACTER_SET = Tag("SpecificCharacterSet")


class Replacement:
    """Of one file: its patient, and what must not come out."""

    def __init__(self, dataset: Dataset, options: Options, with_secrets: Secrets) -> None:
        self.options, self.secrets = options, with_secrets
        patient = [
            text_of(dataset, Tag(word)) if word in dataset else ""
            for word in ("PatientID", "IssuerOfPatientID")
        ]
        name = "" if patient[0] else (text_of(dataset, PATIENT[0]) if PATIENT[0] in dataset else "")
        self.patient = "\0".join([*patient, name])
        self.identity = Identity(dataset, options.kept)

    def of(self, dataset: Dataset) -> Dataset:
        """The outermost data set, with what says how it was de-identified."""
        cleaned = self._cleaned(dataset)
        if not set(PATIENT).isdisjoint(dataset.keys()):
            cleaned.PatientName = cleaned.PatientID = self.secrets.pseudonym(self.patient)
        cleaned.PatientIdentityRemoved = "YES"
        cleaned.DeidentificationMethod = PROFILE
        cleaned.DeidentificationMethodCodeSequence = [_method(*each) for each in self.options.methods]
        cleaned.LongitudinalTemporalInformationModified = {
            REMOVE: "REMOVED", SHIFT: "MODIFIED", KEEP: "UNMODIFIED",
        }[self.options.dates]  # fmt: skip
        return cleaned

    def _cleaned(self, dataset: Dataset) -> Dataset:
        cleaned = Dataset()
        codes = self._code(dataset)
        for tag in sorted(dataset.keys()):
            if not _is_known(tag):
                continue
            element = codes.get(tag) if tag in CODES else self._element(dataset, tag)
            if element is not None:
                cleaned[tag] = element
        return cleaned

    def _code(self, dataset: Dataset) -> dict[BaseTag, DataElement]:
        """A coded concept of an item: kept where the standard knows it, with the standard's text."""
        if Tag("CodeValue") not in dataset:
            return {}
        scheme, code = (text_of(dataset, Tag(word)) if word in dataset else ""
                        for word in ("CodingSchemeDesignator", "CodeValue"))  # fmt: skip
        if not (meaning := meaning_of(scheme.strip(), code.strip())):
            scheme, code, meaning = "99CIMAR", "0", ANONYMOUS
        return {
            Tag(word): DataElement(Tag(word), vr, value)
            for word, vr, value in (
                ("CodeValue", "SH", code.strip()),
                ("CodingSchemeDesignator", "SH", scheme.strip()),
                ("CodeMeaning", "LO", meaning[:64]),
            )
        }

    def _element(self, dataset: Dataset, tag: BaseTag) -> DataElement | RawDataElement | None:
        vr = _vr_of(dataset, tag)
        if vr is None:
            return None
        action = ACTIONS.get(tag)
        if vr in DATES and tag not in LIFE_DATES and self.options.dates != REMOVE:
            return self._date(tag, vr, text_of_raw(dataset, tag)) or _dummy_or_none(tag, vr, action)
        if tag in self.options.kept:
            return self._kept(dataset, tag, vr)
        if self.options.descriptors and tag in DESCRIPTORS:
            return self._described(dataset, tag, vr)
        if action is None:
            return self._unlisted(dataset, tag, vr)
        if action is Action.REMOVE:
            return None
        if action is Action.MAP_UID and vr in ("UI", "SQ"):
            return self._unlisted(dataset, tag, vr)
        if action is Action.REPLACE:
            return self._replaced(dataset, tag, vr)
        return _empty(tag, vr)

    def _replaced(self, dataset: Dataset, tag: BaseTag, vr: str) -> DataElement | None:
        """By a dummy. Sequences of persons, institutions and texts are left out: nothing in them could stay."""
        if vr == "SQ":
            return None
        if vr == "UI":
            return self._unlisted(dataset, tag, vr)
        return _dummy(tag, vr)

    def _unlisted(self, dataset: Dataset, tag: BaseTag, vr: str) -> DataElement | RawDataElement | None:
        if vr == "SQ":
            items = [self._cleaned(item) for item in items_of(dataset, tag)]
            return DataElement(tag, vr, Sequence(items)) if any(len(item) for item in items) else None
        if vr == "UI":
            return self._uids(tag, text_of_raw(dataset, tag))
        if tag in LISTED:
            text = text_of_raw(dataset, tag)
            return DataElement(tag, vr, text if text in LISTED[tag] else None)
        if vr in ("CS", "IS", "DS"):
            return self._kept(dataset, tag, vr)
        if vr.split(" or ")[0] in NUMBERS or tag in TABLES:
            return self._binary(dataset, tag, vr)
        # Anybody can type anything into the rest. It stays without a value, since it may be one that has to be there.
        return _empty(tag, vr)

    def _kept(self, dataset: Dataset, tag: BaseTag, vr: str) -> DataElement | RawDataElement | None:
        """As it is, where its form is that of its representation and nothing in it is the patient's."""
        if vr in NUMBERS:
            return self._binary(dataset, tag, vr)
        if vr == "UI":
            return self._uids(tag, text_of_raw(dataset, tag), is_kept=True)
        if vr in ("LO", "SH", "ST", "LT", "UC", "UT"):
            text = text_of(dataset, tag)
            is_other = text.isprintable() and not self.identity.is_in(text)
            return DataElement(tag, vr, text if is_other else None)
        if vr not in FORMS:
            return _empty(tag, vr)
        values = text_of_raw(dataset, tag).split("\\")
        if vr == "CS":
            values = [self._term(tag, value.strip()) for value in values]
        if not _fits(tag, len(values)) or any(value and not self._has_form(vr, value) for value in values):
            return _empty(tag, vr)
        if vr == "AS" and values[0].endswith("Y") and int(values[0][:3]) > ELDEST:
            values = [f"{ELDEST + 1:03}Y"]
        return DataElement(tag, vr, values if len(values) > 1 else values[0] or None)

    def _has_form(self, vr: str, value: str) -> bool:
        is_number = vr in ("IS", "DS")
        return FORMS[vr].fullmatch(value) is not None and not (is_number and self.identity.is_number(value))

    def _term(self, tag: BaseTag, value: str) -> str:
        if tag == CHARACTER_SET:
            return value if value in python_encoding else ""
        if not value:
            return value
        return value if are_words(value) and not self.identity.is_in(value) else "OTHER"

    def _described(self, dataset: Dataset, tag: BaseTag, vr: str) -> DataElement:
        words = [word for word in only_words(text_of(dataset, tag)).split() if not self.identity.is_in(word)]
        return DataElement(tag, vr, " ".join(words)[:64] or None)

    def _uids(self, tag: BaseTag, text: str, *, is_kept: bool = False) -> DataElement | None:
        values = [self._uid(value, is_kept) for value in text.split("\\") if value]
        return DataElement(tag, "UI", values if len(values) != 1 else values[0])

    def _uid(self, value: str, is_kept: bool) -> str:
        is_sound = FORMS["UI"].fullmatch(value) is not None and not self.identity.is_number(value)
        return value if value in UID_dictionary or (is_kept and is_sound) else self.secrets.uid(value)

    def _date(self, tag: BaseTag, vr: str, text: str) -> DataElement | None:
        values = [self._moved(vr, value.strip()) for value in text.split("\\")]
        if None in values or not _fits(tag, len(values)):
            return None
        return DataElement(tag, vr, values if len(values) > 1 else values[0] or None)

    def _moved(self, vr: str, value: str) -> str | None:
        if not value or vr == "TM":
            return value if not value or FORMS["TM"].fullmatch(value) else None
        if FORMS[vr].fullmatch(value) is None or self.identity.is_number(value):
            return None
        try:
            day = datetime.strptime(value[:8], "%Y%m%d")  # noqa: DTZ007  a day of the file, in no zone
            if self.options.dates == SHIFT:
                day -= timedelta(days=self.secrets.days(self.patient))
        except (OverflowError, ValueError):
            return None
        return f"{day:%Y%m%d}".zfill(8) + value[8:]

    def _binary(self, dataset: Dataset, tag: BaseTag, vr: str) -> DataElement | RawDataElement | None:
        """Left as they were read, so that nothing is written differently."""
        raw = dataset.get_item(tag)
        if not isinstance(raw, RawDataElement):
            return raw if isinstance(raw.value, int | float) else None
        value = raw.value or b""
        size = None if tag in TABLES else NUMBERS.get(vr.split(" or ")[0])
        if size and (len(value) % size or not _fits(tag, len(value) // size)):
            return None
        if any(text in value for text in self.identity.in_bytes) or (
            raw.VR == "UN" and not raw.is_little_endian
        ):
            return None
        return raw._replace(value=value, VR=vr if raw.VR == "UN" else raw.VR)


def text_of_raw(dataset: Dataset, tag: BaseTag) -> str:
    """All bytes of a value that has only ASCII in it, whatever it is."""
    raw = dataset.get_item(tag)
    if isinstance(raw, RawDataElement):
        return (raw.value or b"").decode("latin-1").strip(" \0")
    return text_of(dataset, tag)


def _is_known(tag: BaseTag) -> bool:
    """Of the standard, and no group length, curve, overlay, pixel data, signature or padding."""
    group = tag.group
    if tag.is_private or tag.element == 0 or group >= PIXELS or group < 0x0008:
        return False
    return not (0x5000 <= group <= 0x50FF or 0x6000 <= group <= 0x60FF) and dictionary_has_tag(tag)


def _vr_of(dataset: Dataset, tag: BaseTag) -> str | None:
    """The standard's, also where the file says that it is unknown; None where it says another."""
    known = dictionary_VR(tag)
    own = dataset.get_item(tag).VR
    if own is None or own == known or own in known.split(" or "):
        return known if own is None or known == "SQ" else str(own)
    return known if own == "UN" and " or " not in known else None


def _fits(tag: BaseTag, number: int) -> bool:
    """Whether the attribute may have so many values."""
    most = dictionary_VM(tag).split("-")[-1].split(" or ")[-1]
    return number <= int(most) if most.isdigit() else True


def _empty(tag: BaseTag, vr: str) -> DataElement:
    return DataElement(tag, vr.split(" or ")[0], Sequence() if vr == "SQ" else None)


def _dummy(tag: BaseTag, vr: str) -> DataElement:
    of = vr.split(" or ")[0]
    return DataElement(tag, of, DUMMIES.get(of, ANONYMOUS))


def _dummy_or_none(tag: BaseTag, vr: str, action: Action | None) -> DataElement | None:
    if action is Action.REPLACE:
        return _dummy(tag, vr)
    return None if action is Action.REMOVE else _empty(tag, vr)


def _method(code: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", meaning
    return item
