"""What in a file identifies the patient: the values that are looked for in everything that would be kept."""

import re
from collections.abc import Iterator

from pydicom import Dataset
from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag

from studies.deidentified.table import ACTIONS, DESCRIPTORS, LIFE_DATES

_TEXTS = frozenset(["AE", "LO", "LT", "PN", "SH", "ST", "UC", "UT"])
_DESCRIBES = re.compile(r"(Description|Comments?|Reason|Label|State|Status|Needs|Protocol\w*|Text)$")
_SEPARATORS = re.compile(r"[\^=\\\s,;]+")
PATIENT_GROUP = 0x0010
SHORTEST_NAME, SHORTEST = 3, 4
# What is looked for among bytes that are no text: less is found there by chance.
SHORTEST_IN_BYTES = 6


class Identity:
    """Folded texts that must not come out."""

    def __init__(self, dataset: Dataset, kept: frozenset[BaseTag]) -> None:
        self.texts: set[str] = set()
        self._names: set[str] = set()
        for tag, vr, text in _texts_in(dataset):
            if tag in kept:
                continue
            if vr == "PN":
                self._names |= {
                    part for part in _SEPARATORS.split(text.casefold()) if len(part) >= SHORTEST_NAME
                }
            self.texts |= {
                part for each in text.split("\\") if len(part := each.strip().casefold()) >= SHORTEST
            }
        self.texts |= {name for name in self._names if len(name) >= SHORTEST}

    def is_in(self, text: str) -> bool:
        folded = text.casefold()
        return any(each in folded for each in self.texts) or not self._names.isdisjoint(
            _SEPARATORS.split(folded.replace("_", " "))
        )

    def is_number(self, text: str) -> bool:
        """Whether a long number of the patient's, such as the birth date, is in this one."""
        return any(len(each) >= SHORTEST_IN_BYTES and each in text for each in self.texts)

    @property
    def in_bytes(self) -> list[bytes]:
        """The texts as they may stand among bytes."""
        long = [text for text in self.texts if len(text) >= SHORTEST_IN_BYTES]
        spellings = {
            spelled.encode(code)
            for text in long
            for spelled in (text, text.upper(), text.title())
            for code in ("utf-8", "utf-16-le")
        }
        return sorted(spellings)


def _texts_in(dataset: Dataset) -> Iterator[tuple[BaseTag, str, str]]:
    for tag in list(dataset.keys()):
        if tag.is_private or not dictionary_has_tag(tag):
            continue
        vr = dictionary_VR(tag)
        if vr == "SQ":
            for item in items_of(dataset, tag):
                yield from _texts_in(item)
        elif _identifies(tag, vr):
            yield tag, vr, text_of(dataset, tag)


def _identifies(tag: BaseTag, vr: str) -> bool:
    if tag in LIFE_DATES:
        return True
    if vr not in _TEXTS:
        return False
    if vr == "PN" or tag.group == PATIENT_GROUP:
        return True
    return tag in ACTIONS and tag not in DESCRIPTORS and not _DESCRIBES.search(keyword_for_tag(tag))


def items_of(dataset: Dataset, tag: BaseTag) -> list[Dataset]:
    try:
        element = dataset[tag]
        return list(element.value) if element.VR == "SQ" else []
    except Exception:  # allowed: pydicom raises what it likes for a broken sequence, which is left out
        return []


def text_of(dataset: Dataset, tag: BaseTag) -> str:
    """The text of an element, its values divided by backslashes; as Latin letters where it cannot be read."""
    raw = dataset.get_item(tag)
    try:
        value = dataset[tag].value
        if isinstance(value, bytes):
            return value.decode("latin-1")
        return "\\".join(map(str, value)) if hasattr(value, "insert") else str(value or "")
    except Exception:  # allowed: as above
        value = raw.value if isinstance(raw, RawDataElement) else b""
        return (value or b"").decode("latin-1").strip(" \0")
