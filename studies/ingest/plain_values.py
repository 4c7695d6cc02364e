"""The values of an element as pydicom reads them, without the objects that pydicom makes, for types without a choice.

A test compares them with pydicom's. Whatever leaves a choice is left to pydicom.
"""

from struct import unpack

from pydicom.dataelem import RawDataElement

# Their letter in `struct`, and their size.
NUMBERS = {"US": ("H", 2), "SS": ("h", 2), "UL": ("L", 4), "SL": ("l", 4), "FL": ("f", 4), "FD": ("d", 8)}
TEXTS = frozenset({"AE", "AS", "CS", "DA", "DT", "TM", "UI"})
# Of some of these the type says something else of each value (PS3.3 C.7.6.3.1.5).
LUT_DESCRIPTORS = frozenset({0x00281101, 0x00281102, 0x00281103, 0x00283002})


def plain_values(raw: RawDataElement, vr: str) -> list[str] | list[int] | list[float] | None:
    """The values of an element whose type is this one, said by the file or by the dictionary; None: ask pydicom."""
    value = raw.value
    if not value or not isinstance(value, bytes) or (raw.VR is not None and vr != raw.VR):
        return None
    if vr in NUMBERS:
        letter, size = NUMBERS[vr]
        if len(value) % size or raw.tag in LUT_DESCRIPTORS:
            return None
        return list(unpack(f"{'<' if raw.is_little_endian else '>'}{len(value) // size}{letter}", value))
    if vr not in TEXTS or not value.isascii():
        return None
    if vr == "AE":
        return [part.strip() for part in value.decode("ascii").split("\\")]
    parts = value.decode("ascii").rstrip(" \0").split("\\")
    return [part.strip() for part in parts] if vr == "UI" else parts
