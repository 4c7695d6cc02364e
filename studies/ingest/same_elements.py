"""Whether two files have the same elements, however these are written.

Programs that pass an object on write lengths of groups, sequences and items anew, and may turn from explicit to
implicit VRs or unpack a deflated data set. Compared is which elements there are, in which order, with which bytes.
"""

import hashlib
from contextlib import ExitStack
from typing import IO

from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from studies.ingest.limits import Limits
from studies.ingest.opening import Opening, inflated, read_opening
from studies.ingest.refusals import FileRefused
from studies.ingest.sources import PIECE
from studies.ingest.structure import Inside, Pixels
from studies.ingest.walk import Walk

PLAIN = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"})
# What is behind the end is not read, and readers differ in what they make of it.
UNCERTAIN = frozenset({"bytes_after_the_end", "stray_delimiter", "item_length"})
PADDING = 0xFFFCFFFC


def same_elements(first: IO[bytes], second: IO[bytes], *, limits: Limits) -> bool:
    """Whether two files have the same elements with the same bytes; false where that cannot be told for certain."""
    try:
        openings = [read_opening(file, size=file.seek(0, 2), limits=limits) for file in (first, second)]
        forms = {_form_of(opening.transfer_syntax) for opening in openings}
        if len(forms) > 1:
            return False
        digests = [
            _digest_of(file, opening, limits) for file, opening in zip((first, second), openings, strict=True)
        ]
    except FileRefused:
        return False
    if any(not UNCERTAIN.isdisjoint(each.deviations) for each in digests):
        return False
    return digests[0].sum.digest() == digests[1].sum.digest()


def _form_of(transfer_syntax: str) -> str:
    """Transfer syntaxes of one form differ in how elements are written, and not in the bytes of their values."""
    return "plain" if transfer_syntax in PLAIN else transfer_syntax


def _digest_of(file: IO[bytes], opening: Opening, limits: Limits) -> "_Digest":
    syntax = opening.transfer_syntax
    with ExitStack() as opened:
        data_set, start = file, opening.at
        if syntax == DeflatedExplicitVRLittleEndian:
            data_set, start = opened.enter_context(inflated(file, opening.at, limits)), 0
        walked = _Digest(
            data_set,
            data_set.seek(0, 2),
            implicit=syntax == ImplicitVRLittleEndian,
            little=syntax != ExplicitVRBigEndian,
            keep=frozenset(),
            limits=limits,
            deviations=set(),
        )
        walked.run(start)
    return walked


class _Digest(Walk):
    """Feeds the digest with each tag, its depth, and its value. Programs that know no VR write UN, or none."""

    def run(self, start: int) -> None:
        self.sum = hashlib.sha256()
        super().run(start)

    def _enter(self, sequence: Inside) -> None:
        self._feed(f"S{len(self.stack)}")
        super()._enter(sequence)

    def _item(self, inside: Inside, head: bytes) -> None:
        depth = len(self.stack)
        super()._item(inside, head)
        if len(self.stack) > depth:
            self._feed(f"I{depth}")

    def _element(self, inside: Inside, head: bytes) -> bool:
        group, number, _length = self.implicit_head(head)
        tag = group << 16 | number
        if group != 0xFFFE and number and tag != PADDING:
            self._feed(f"E{len(self.stack)} {tag:08X}")
        return super()._element(inside, head)

    def _value(self, tag: int, vr: str | None, length: int, *, is_bulk: bool) -> None:
        super()._value(tag, vr, length, is_bulk=is_bulk)
        # Lengths of groups say nothing of the object, and padding behind it neither.
        if tag & 0xFFFF and tag != PADDING:
            self._feed(f"V{length}")
            self._feed_bytes(self.at, length)

    def _fragments(self, tag: int, bound: int) -> Pixels:
        start = self.at
        pixels = super()._fragments(tag, bound)
        self._feed("F")
        self._feed_bytes(start, self.at - start)
        return pixels

    def _feed(self, word: str) -> None:
        self.sum.update(f"{word};".encode())

    def _feed_bytes(self, start: int, length: int) -> None:
        self.file.seek(start)
        while length > 0 and (piece := self.file.read(min(length, PIECE))):
            length -= len(piece)
            self.sum.update(piece)
