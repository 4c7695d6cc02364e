"""Texts of an instance for the JSON model, read by the rule of ingest (`CharacterSet`) and not by pydicom's.

So the metadata say what the pages say, also where the character set is not declared or misspelt.
"""

from typing import Any

from pydicom import Dataset
from pydicom.dataelem import RawDataElement

from studies.ingest.charsets import CharacterSet

SPECIFIC_CHARACTER_SET = 0x00080005
# Values in the character set of the data set; the second are a single value, whatever is in it.
CODED = frozenset({"PN", "LO", "SH", "UC"})
SINGLE = frozenset({"LT", "ST", "UT"})
# Of the default repertoire alone, but writers put other letters there all the same.
PLAIN = frozenset({"AE", "AS", "CS", "DA", "DT", "TM"})


def character_set_of(dataset: Dataset, *, above: CharacterSet) -> CharacterSet:
    """Its own, else that of the data set it is an item of."""
    if SPECIFIC_CHARACTER_SET not in dataset:
        return above
    raw = dataset.get_item(SPECIFIC_CHARACTER_SET)
    value: Any = getattr(raw, "value", None)
    if isinstance(value, bytes):
        return CharacterSet.declared(value, above.fallback)
    if value is None or isinstance(value, str):
        return CharacterSet([value or ""], above.fallback)
    return CharacterSet([str(each) for each in value], above.fallback)


def texts_of(raw: RawDataElement, vr: str, charset: CharacterSet) -> list[str] | None:
    """The values of a text; None where it is no text of these, or holds ASCII alone, which is pydicom's to read."""
    value = raw.value
    if not isinstance(value, bytes) or not value:
        return None
    if vr in SINGLE:
        return [charset.text(value).rstrip("\0 ")]
    if vr in CODED or (vr in PLAIN and not value.isascii()):
        whole = charset.text(value, is_name=vr == "PN")
        return [part.rstrip("\0 ") for part in whole.split("\\")]
    return None
