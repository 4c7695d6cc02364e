"""Walks the structure of a DICOM file once, from end to end, without reading what it skips.

pydicom believes what a file says of its own lengths and nesting. So every length, depth and count is checked here
first, and only the few values that we keep are handed to pydicom. No recursion, no memory in proportion to the file.
"""

import zlib
from collections.abc import Set
from dataclasses import dataclass, field
from functools import lru_cache
from struct import Struct
from tempfile import SpooledTemporaryFile
from typing import IO

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from studies.ingest.limits import MB, Limits, in_words
from studies.ingest.refusals import CUT, DAMAGED, NO_SYNTAX, NOT_DICOM, TOO_DEEP, TOO_MANY_PARTS, Refused

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
BULK = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
LONG_LENGTH = BULK | {"SQ", "SV", "UC", "UR", "UT", "UV"}


@dataclass
class Pixels:
    """What of the pixel data the structure tells."""

    tag: int
    size: int
    fragments: int | None = None  # of encapsulated data, without the offset table


@dataclass
class Walked:
    meta: dict[int, bytes]
    transfer_syntax: str
    elements: dict[BaseTag, RawDataElement] = field(default_factory=dict)
    pixels: Pixels | None = None


@dataclass(slots=True)
class _Inside:
    """A data set or sequence we are inside of; `end` is None where a delimiter ends it."""

    is_sequence: bool
    end: int | None
    bound: int
    implicit: bool


def walk(file: IO[bytes], *, size: int, keep: Set[int], limits: Limits) -> Walked:
    """The kept values of the data set and the shape of its pixel data, or Refused."""
    file.seek(0)
    start = file.read(132)
    if start[128:] != b"DICM":
        raise Refused(NOT_DICOM)
    meta, offset = _meta(file, size, limits)
    syntax = _uid(meta.get(0x00020010, b""))
    if not syntax:
        raise Refused(NO_SYNTAX)
    walked = Walked(meta, syntax)
    if syntax == DeflatedExplicitVRLittleEndian:
        with _inflated(file, offset, limits) as inflated:
            _walk(inflated, 0, inflated.seek(0, 2), False, True, keep, limits, walked)
    else:
        implicit, big = syntax == ImplicitVRLittleEndian, syntax == ExplicitVRBigEndian
        _walk(file, offset, size, implicit, not big, keep, limits, walked)
    return walked


def _uid(value: bytes) -> str:
    return value.strip(b"\0 ").decode("ascii", "replace")


def _meta(file: IO[bytes], size: int, limits: Limits) -> tuple[dict[int, bytes], int]:
    """The file meta group, always explicit and little endian, and where the data set begins."""
    short, long = Struct("<HH2sH").unpack, Struct("<L").unpack
    meta: dict[int, bytes] = {}
    at = 132
    for _ in range(100):
        file.seek(at)
        if len(head := file.read(12)) < 8:
            break
        group, element, vr, length = short(head[:8])
        if group != 2:
            break
        at += 8
        if vr.decode("latin-1") in LONG_LENGTH:
            if len(head) < 12:
                raise Refused(CUT)
            (length,) = long(head[8:])
            at += 4
        if length > size - at:
            raise Refused(CUT)
        if length <= limits.value_bytes:
            file.seek(at)
            meta[group << 16 | element] = file.read(length)
        elif length > limits.header_bytes:
            raise Refused(_header_too_large(limits))
        at += length
    return meta, at


def _inflated(file: IO[bytes], offset: int, limits: Limits) -> IO[bytes]:
    """A deflated data set, unpacked piece by piece so that it can be stopped."""
    file.seek(offset)
    out: IO[bytes] = SpooledTemporaryFile(max_size=16 * MB)  # type: ignore[assignment]
    unpack = zlib.decompressobj(-zlib.MAX_WBITS)
    total = 0
    try:
        while not unpack.eof:
            packed = unpack.unconsumed_tail or file.read(64 * 1024)
            if not packed:
                raise Refused(CUT)
            piece = unpack.decompress(packed, MB)
            total += len(piece)
            if total > limits.inflated_bytes:
                raise Refused(f"It unpacks to more than {in_words(limits.inflated_bytes)}.")
            out.write(piece)
    except zlib.error:
        out.close()
        raise Refused(DAMAGED) from None
    except Refused:
        out.close()
        raise
    return out


def _walk(
    file: IO[bytes],
    at: int,
    size: int,
    implicit: bool,
    little: bool,
    keep: Set[int],
    limits: Limits,
    walked: Walked,
) -> None:
    order = "<" if little else ">"
    explicit_head, implicit_head = Struct(order + "HH2sH").unpack, Struct(order + "HHL").unpack
    long_length, tag_head = Struct(order + "L").unpack, Struct(order + "HHL").unpack
    read, seek = file.read, file.seek
    seek(at)
    peek = read(6)
    stack = [_Inside(False, size, size, not _looks_explicit(peek[4:6]) if len(peek) == 6 else implicit)]
    header_bytes = parts = 0

    while stack:
        inside = stack[-1]
        if inside.end is not None and at >= inside.end:
            stack.pop()
            continue
        parts += 1
        if parts > limits.elements:
            raise Refused(TOO_MANY_PARTS)
        seek(at)
        head = read(8)
        if len(head) < 8 or at + 8 > inside.bound:
            if len(stack) == 1 and not head.strip(b"\0"):
                return  # padding
            raise Refused(CUT)

        if inside.is_sequence:
            group, element, length = tag_head(head)
            tag = group << 16 | element
            at += 8
            if tag == SEQUENCE_END and inside.end is None:
                stack.pop()
            elif tag == ITEM:
                end = None if length == UNDEFINED else at + length
                if end is not None and end > inside.bound:
                    raise Refused(CUT)
                seek(at)
                item_implicit = inside.implicit or not _looks_explicit(read(6)[4:6])
                stack.append(_Inside(False, end, inside.bound if end is None else end, item_implicit))
            else:
                raise Refused(DAMAGED)
            continue

        vr: str | None = None
        if not inside.implicit and (head[4:6].isalpha() and head[4:6].isupper()):
            group, element, raw_vr, length = explicit_head(head)
            vr = raw_vr.decode("ascii")
            value_at = at + 8
            if vr in LONG_LENGTH:
                if len(more := read(4)) < 4:
                    raise Refused(CUT)
                (length,) = long_length(more)
                value_at += 4
        else:
            # Some writers turn to implicit in the middle; pydicom reads them so, and so do we.
            group, element, length = implicit_head(head)
            value_at = at + 8
        tag = group << 16 | element

        if tag == ITEM_END:
            if len(stack) == 1:
                raise Refused(DAMAGED)
            at = value_at
            stack.pop()
            continue
        if tag == 0 and length == 0 and len(stack) == 1 and _only_zeros(file, value_at):
            return

        if length != UNDEFINED:
            end = value_at + length
            if end > inside.bound:
                raise Refused(CUT)
            known_vr = vr or _dictionary_vr(tag)
            if known_vr == "SQ":
                _enter(stack, _Inside(True, end, end, inside.implicit or vr is None), limits)
                at = value_at
                continue
            if len(stack) == 1:
                if tag in PIXELS:
                    walked.pixels = Pixels(tag, length)
                elif tag in keep:
                    if length > limits.value_bytes:
                        raise Refused(
                            f"A text in its header is longer than {in_words(limits.value_bytes)}, where a line belongs."
                        )
                    seek(value_at)
                    walked.elements[BaseTag(tag)] = RawDataElement(
                        BaseTag(tag), vr, length, read(length), value_at, vr is None, little
                    )
            if known_vr not in BULK and tag not in PIXELS:
                header_bytes += length
                if header_bytes > limits.header_bytes:
                    raise Refused(_header_too_large(limits))
            at = end
            continue

        if _is_sequence(file, tag, vr, value_at, order):
            # Of unknown type and undefined length means implicit inside (PS3.5 section 6.2.2).
            _enter(stack, _Inside(True, None, inside.bound, inside.implicit or vr is None), limits)
            at = value_at
            continue
        found, at, parts = _fragments(file, tag, value_at, inside.bound, tag_head, parts, limits)
        if len(stack) == 1 and tag in PIXELS:
            walked.pixels = found


def _enter(stack: list[_Inside], sequence: _Inside, limits: Limits) -> None:
    # Each level of nesting is a sequence and its item.
    if len(stack) // 2 >= limits.depth:
        raise Refused(TOO_DEEP)
    stack.append(sequence)


def _fragments(
    file: IO[bytes], tag: int, at: int, bound: int, tag_head, parts: int, limits: Limits
) -> tuple[Pixels, int, int]:
    """Steps over encapsulated bytes, item by item."""
    found = Pixels(tag, 0, fragments=-1)
    while True:
        parts += 1
        if parts > limits.elements:
            raise Refused(TOO_MANY_PARTS)
        file.seek(at)
        if len(head := file.read(8)) < 8 or at + 8 > bound:
            raise Refused(CUT)
        group, element, length = tag_head(head)
        at += 8
        item = group << 16 | element
        if item == SEQUENCE_END:
            found.fragments = max(found.fragments or 0, 0)
            return found, at, parts
        if item != ITEM or length == UNDEFINED:
            raise Refused(DAMAGED)
        if length > bound - at:
            raise Refused(CUT)
        if found.fragments != -1:  # the first item is the offset table
            found.size += length
        found.fragments = (found.fragments or 0) + 1
        at += length


def _is_sequence(file: IO[bytes], tag: int, vr: str | None, value_at: int, order: str) -> bool:
    """Whether a part of undefined length is a sequence; decided as pydicom decides it."""
    if tag in PIXELS:
        return False
    if vr in ("SQ", "UN"):
        return True
    if vr is not None:
        return False
    if known := _dictionary_vr(tag):
        return known == "SQ"
    file.seek(value_at)
    return file.read(4) == (b"\xfe\xff\x00\xe0" if order == "<" else b"\xff\xfe\xe0\x00")


def _looks_explicit(vr: bytes) -> bool:
    return len(vr) < 2 or all(0x40 < letter < 0x5B for letter in vr)


@lru_cache(maxsize=4096)
def _dictionary_vr(tag: int) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""


def _only_zeros(file: IO[bytes], at: int) -> bool:
    file.seek(at)
    while piece := file.read(64 * 1024):
        if piece.strip(b"\0"):
            return False
    return True


def _header_too_large(limits: Limits) -> str:
    return f"Its header is larger than {in_words(limits.header_bytes)}."


__all__ = ["Pixels", "Walked", "walk"]
