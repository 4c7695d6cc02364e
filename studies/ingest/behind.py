"""Whether what is left of a file is the beginning of an element that was cut off, or something behind a whole file."""

from typing import IO, Literal

from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary

from studies.ingest.opening import KNOWN_VRS

Order = Literal["little", "big"]
PIXEL_GROUP = 0x7FE0
# Overlays and curves have sixteen groups each.
REPEATED = {
    int(mask[:2], 16) << 8 | number
    for mask in RepeatersDictionary
    if mask[2:4] == "xx"
    for number in range(0, 32, 2)
}
GROUPS = frozenset({tag >> 16 for tag in DicomDictionary} | REPEATED) - {0, 2}
ENDS = b"\t\r\n\x1a \0"


def is_behind_the_end(rest: bytes, *, last: int, implicit: bool, little: bool) -> bool:
    """`rest` are the first bytes, eight at most, behind the element `last`; nothing that fits follows them."""
    if not rest.strip(b"\0") or not rest.strip(b"\xff"):
        return True
    order: Order = "little" if little else "big"
    if not rest.strip(ENDS):
        # A space may begin an element of group 0020, if none of a later group came before: `20 00 0D 00` is the
        # Study Instance UID.
        begins = rest in (b" ", b" \0", b"\0 ") and last >> 16 <= 0x20
        return not (begins or _is_known_element(rest, last, order))
    if len(rest) == 1:
        return not any(group.to_bytes(2, order)[0] == rest[0] for group in _groups_behind(last >> 16))
    group = int.from_bytes(rest[:2], order)
    if not _may_follow(group, last >> 16):
        return True
    if implicit:
        return len(rest) == 8 and all(0x20 <= byte < 0x7F or byte in b"\t\r\n" for byte in rest)
    if len(rest) < 6 or group == 0xFFFE or rest[4:6].decode("latin-1") in KNOWN_VRS:
        return False
    # Of a type that does not exist: an element only if the standard has it, written without one.
    return group << 16 | int.from_bytes(rest[2:4], order) not in DicomDictionary


def _is_known_element(rest: bytes, last: int, order: Order) -> bool:
    if len(rest) < 4:
        return False
    group, element = (int.from_bytes(rest[at : at + 2], order) for at in (0, 2))
    return group << 16 | element in DicomDictionary and _may_follow(group, last >> 16)


def _may_follow(group: int, last: int) -> bool:
    if group % 2 == 0:
        return group in GROUPS
    if last >= PIXEL_GROUP:
        return last <= group <= 0x7FFF
    return group >= max(last, 9)


def _groups_behind(last: int) -> list[int]:
    """The groups of which an element may come next in a file of ascending order."""
    own = [] if last >= PIXEL_GROUP else range(max(last, 9) | 1, 0x10000, 2)
    return [*(group for group in GROUPS if group >= last), PIXEL_GROUP + 1, *own]


def only_zeros(file: IO[bytes]) -> bool:
    """From the file's position to its end."""
    while piece := file.read(64 * 1024):
        if piece.strip(b"\0"):
            return False
    return True
