"""Walks the structure of a DICOM file once, from end to end, without reading what it skips.

pydicom trusts the lengths and the nesting that a file declares. So every length, depth and count is checked here
first, and only the few values that we keep are handed to pydicom. No recursion, no memory in proportion to the file.
"""

from collections.abc import Set
from contextlib import ExitStack
from struct import Struct
from typing import IO

from django.utils.translation import gettext as _
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from common.formats import size_in_words
from studies.ingest.behind import is_behind_the_end, only_zeros
from studies.ingest.limits import Limits
from studies.ingest.opening import (
    BULK,
    CHARACTER_SET,
    KNOWN_VRS,
    LONG_LENGTH,
    Opening,
    check_character_set,
    has_type,
    header_too_large,
    inflated,
)
from studies.ingest.refusals import (
    BAD_CHARACTER_SET,
    CUT,
    DAMAGED,
    NOT_DICOM,
    TOO_DEEP,
    TOO_MANY_PARTS,
    FileRefused,
)
from studies.ingest.structure import (
    ITEM,
    ITEM_END,
    PIXELS,
    SEQUENCE_END,
    UNDEFINED,
    Inside,
    Pixels,
    Walked,
    dictionary_vr,
)


def walk(file: IO[bytes], opening: Opening, *, size: int, keep: Set[int], limits: Limits) -> Walked:
    """The kept values of the data set and the shape of its pixel data, or FileRefused."""
    syntax = opening.transfer_syntax
    implicit, little = syntax == ImplicitVRLittleEndian, syntax != ExplicitVRBigEndian
    with ExitStack() as opened:
        start = opening.at
        if syntax == DeflatedExplicitVRLittleEndian:
            file = opened.enter_context(inflated(file, start, limits))
            size, start = file.seek(0, 2), 0
        walked = Walk(
            file,
            size,
            implicit=implicit,
            little=little,
            keep=keep,
            limits=limits,
            deviations=opening.deviations,
        )
        try:
            walked.run(start)
        except FileRefused:
            if "no_preamble" in opening.deviations and not walked.elements:
                raise FileRefused(NOT_DICOM) from None
            raise
    return Walked(opening.meta, syntax, walked.elements, walked.pixels, frozenset(opening.deviations))


class Walk:
    """One data set, element after element; the stack holds what we are inside of, the data set itself lowest."""

    def __init__(
        self,
        file: IO[bytes],
        size: int,
        *,
        implicit: bool,
        little: bool,
        keep: Set[int],
        limits: Limits,
        deviations: set[str],
    ) -> None:
        self.file, self.size, self.keep, self.limits = file, size, keep, limits
        self.deviations = deviations
        self.implicit, self.little = implicit, little
        order = "<" if little else ">"
        self.order = order
        self.explicit_head, self.implicit_head = Struct(order + "HH2sH").unpack, Struct(order + "HHL").unpack
        self.long_length = Struct(order + "L").unpack
        self.elements: dict[int, RawDataElement] = {}
        self.pixels: Pixels | None = None
        self.stack: list[Inside] = []
        self.at = self.parts = self.header_bytes = 0

    def run(self, start: int) -> None:
        self.at = start
        implicit = self._looks_implicit(start, otherwise=self.implicit)
        if implicit != self.implicit:
            self.deviations.add("other_encoding")
        unended = CUT if implicit == self.implicit else DAMAGED
        self.stack = [Inside(False, self.size, self.size, implicit, unended=unended)]
        while self.stack:
            inside = self.stack[-1]
            if (
                self.at >= inside.bound
                if inside.ends_with_bound
                else inside.end is not None and self.at >= inside.end
            ):
                self.stack.pop()
                continue
            head = self._next(inside)
            if not head:
                return
            if inside.is_sequence:
                self._item(inside, head)
            elif not self._element(inside, head):
                return

    def _next(self, inside: Inside) -> bytes:
        """The next eight bytes; none at the end of the data set, whatever is behind it."""
        self._count_part()
        self.file.seek(self.at)
        head = self.file.read(8)
        if len(head) == 8 and self.at + 8 <= inside.bound:
            if head == bytes(8) and len(self.stack) == 1 and only_zeros(self.file):
                self.deviations.add("bytes_after_the_end")
                return b""
            return head
        self._end_before(inside, head)
        return b""

    def _end_before(self, inside: Inside, rest: bytes) -> None:
        """What is left is no whole element: raises FileRefused unless it is no part of the data set at all."""
        if len(self.stack) > 1 or not is_behind_the_end(
            rest, last=max(inside.last, 0), implicit=inside.implicit, little=self.little
        ):
            raise FileRefused(inside.unended)
        self.deviations.add("bytes_after_the_end")

    def _item(self, inside: Inside, head: bytes) -> None:
        group, element, length = self.implicit_head(head)
        tag = group << 16 | element
        self.at += 8
        if tag == SEQUENCE_END:
            if inside.end is None:
                self.stack.pop()
            else:
                self.deviations.add("stray_delimiter")
            return
        if tag != ITEM:
            raise FileRefused(DAMAGED)
        end = None if length == UNDEFINED else self.at + length
        implicit = inside.implicit or self._looks_implicit(self.at, otherwise=False)
        unended = inside.unended if implicit == inside.implicit else DAMAGED
        item = Inside(False, end, inside.bound if end is None else end, implicit, unended=unended)
        if end is not None and end > inside.bound:
            # Its length is wrong. Readers go on to the delimiter that ends it, if there is one.
            self.deviations.add("item_length")
            item.end, item.bound = None, inside.bound
            item.unended = self._why_not_whole(item, end)
            # A sequence that says its own length ends its last item as well.
            item.ends_with_bound = inside.end is not None
        self.stack.append(item)

    def _element(self, inside: Inside, head: bytes) -> bool:
        """Steps over an element, or into it; whether there was one: behind the last one there may be anything."""
        tag, vr, length = self._read_head(inside, head)
        if tag == ITEM_END:
            return self._item_end(inside)
        # Not of undefined length: readers would search what follows for its parts, and fail.
        if (
            length != UNDEFINED
            and self.at + length > inside.bound
            and len(self.stack) == 1
            and is_behind_the_end(
                head, last=max(inside.last, 0), implicit=inside.implicit, little=self.little
            )
        ):
            self.deviations.add("bytes_after_the_end")
            return False
        self._note(inside, tag, vr, length)
        if tag == CHARACTER_SET and (length == UNDEFINED or self.at + length <= inside.bound):
            self._check_character_set(inside, vr, length)
        if length == UNDEFINED:
            self._open_ended(inside, tag, vr)
        elif self.at + length > inside.bound:
            raise FileRefused(self._why_not_whole(inside, self.at + length))
        elif (known_vr := vr or dictionary_vr(tag)) == "SQ":
            end = self.at + length
            self._enter(Inside(True, end, end, inside.implicit or vr is None, unended=inside.unended))
        else:
            self._value(tag, vr, length, is_bulk=known_vr in BULK or tag in PIXELS)
            self.at += length
        return True

    def _check_character_set(self, inside: Inside, vr: str | None, length: int) -> None:
        if length == UNDEFINED:
            raise FileRefused(BAD_CHARACTER_SET)
        self.file.seek(self.at)
        value = self.file.read(min(length, self.limits.value_bytes))
        tag = BaseTag(CHARACTER_SET)
        check_character_set(
            RawDataElement(tag, vr, length, value, self.at, inside.implicit or vr is None, self.little)
        )

    def _item_end(self, inside: Inside) -> bool:
        """Ends the item. Behind the last element of a data set, a delimiter too many is passed over."""
        if inside.end is None:
            self.stack.pop()
            return True
        self.deviations.add("stray_delimiter")
        if len(self.stack) > 1:
            if self.at < inside.end:
                raise FileRefused(DAMAGED)
            return True
        self.file.seek(self.at)
        rest = self.file.read(8)
        if not rest or self._is_delimiter(rest):
            return True
        if not is_behind_the_end(
            rest, last=max(inside.last, 0), implicit=inside.implicit, little=self.little
        ):
            raise FileRefused(DAMAGED if len(rest) == 8 else CUT)
        self.deviations.add("bytes_after_the_end")
        return False

    def _is_delimiter(self, head: bytes) -> bool:
        if len(head) < 8:
            return False
        group, element, _length = self.implicit_head(head)
        return group << 16 | element in (ITEM_END, SEQUENCE_END)

    def _note(self, inside: Inside, tag: int, vr: str | None, length: int) -> None:
        if tag <= inside.last:
            self.deviations.add("out_of_order")
        inside.last = tag
        if length & 1 and length != UNDEFINED:
            self.deviations.add("odd_length")
        if tag == SEQUENCE_END:
            self.deviations.add("stray_delimiter")
        elif vr is None and not inside.implicit:
            self.deviations.add("other_encoding")
        elif vr is not None and vr not in KNOWN_VRS:
            self.deviations.add("unknown_vr")

    def _read_head(self, inside: Inside, head: bytes) -> tuple[int, str | None, int]:
        """Tag, type where the element has one, and length; the position is then its value."""
        self.at += 8
        if inside.implicit or not has_type(head):
            # Some writers turn to implicit in the middle; pydicom reads them so, and so do we.
            group, element, length = self.implicit_head(head)
            return group << 16 | element, None, length
        group, element, raw_vr, length = self.explicit_head(head)
        vr = raw_vr.decode("latin-1")
        if vr in LONG_LENGTH:
            if len(more := self.file.read(4)) < 4:
                raise FileRefused(CUT)
            (length,) = self.long_length(more)
            self.at += 4
        return group << 16 | element, vr, length

    def _value(self, tag: int, vr: str | None, length: int, *, is_bulk: bool) -> None:
        if len(self.stack) == 1 and tag in PIXELS:
            self.pixels = Pixels(tag, length)
        elif len(self.stack) == 1 and tag in self.keep:
            if length > self.limits.value_bytes:
                most = size_in_words(self.limits.value_bytes)
                raise FileRefused(_("A value in its header is longer than %(size)s.") % {"size": most})
            self.file.seek(self.at)
            self.elements[tag] = RawDataElement(
                BaseTag(tag), vr, length, self.file.read(length), self.at, vr is None, self.little
            )
        if not is_bulk:
            self.header_bytes += length
            if self.header_bytes > self.limits.header_bytes:
                raise FileRefused(header_too_large(self.limits))

    def _open_ended(self, inside: Inside, tag: int, vr: str | None) -> None:
        """Of undefined length: a sequence, or encapsulated bytes."""
        if self._is_sequence(tag, vr):
            # Of unknown type and undefined length means implicit inside (PS3.5 section 6.2.2).
            implicit = inside.implicit or vr is None
            self._enter(Inside(True, None, inside.bound, implicit, unended=inside.unended))
            return
        pixels = self._fragments(tag, inside.bound)
        if len(self.stack) == 1 and tag in PIXELS:
            self.pixels = pixels

    def _is_sequence(self, tag: int, vr: str | None) -> bool:
        """Decided as pydicom decides it."""
        if vr is not None:
            return vr in ("SQ", "UN")
        if known := dictionary_vr(tag):
            return known == "SQ"
        self.file.seek(self.at)
        return self.file.read(4) == (b"\xfe\xff\x00\xe0" if self.little else b"\xff\xfe\xe0\x00")

    def _fragments(self, tag: int, bound: int) -> Pixels:
        """Steps over encapsulated bytes, item by item; the first item is the offset table."""
        sizes = total = 0
        while True:
            self._count_part()
            self.file.seek(self.at)
            if len(head := self.file.read(8)) < 8 or self.at + 8 > bound:
                raise FileRefused(CUT)
            group, element, length = self.implicit_head(head)
            item = group << 16 | element
            self.at += 8
            if item == SEQUENCE_END:
                return Pixels(tag, total, fragments=max(sizes - 1, 0))
            if item != ITEM or length == UNDEFINED:
                raise FileRefused(DAMAGED)
            if length > bound - self.at:
                raise FileRefused(CUT)
            total += length
            sizes += 1
            self.at += length

    def _why_not_whole(self, inside: Inside, end: int) -> str:
        """The reason for an element that ends behind the part around it: behind the end of the file, or before that."""
        return inside.unended if end > self.size else DAMAGED

    def _enter(self, sequence: Inside) -> None:
        # Each level of nesting is a sequence and its item.
        if len(self.stack) // 2 >= self.limits.depth:
            raise FileRefused(TOO_DEEP)
        self.stack.append(sequence)

    def _count_part(self) -> None:
        self.parts += 1
        if self.parts > self.limits.elements:
            raise FileRefused(TOO_MANY_PARTS)

    def _looks_implicit(self, at: int, *, otherwise: bool) -> bool:
        """Whether the element here has no type of two capital letters."""
        self.file.seek(at)
        peek = self.file.read(6)
        return not all(0x40 < letter < 0x5B for letter in peek[4:]) if len(peek) == 6 else otherwise
