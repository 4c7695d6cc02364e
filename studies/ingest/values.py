"""Where the value of a single element lies in a file, at any depth, without reading what is before it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from studies.ingest.limits import Limits
from studies.ingest.opening import inflated, read_opening
from studies.ingest.refusals import FileRefused
from studies.ingest.structure import Inside, Pixels
from studies.ingest.walk import Walk

# Tags, and between them the numbers of items, from zero.
Path = tuple[int, ...]


@dataclass(frozen=True)
class Value:
    """Where the value is in `file`: in the instance's own, or in the unpacked data set of a deflated one.

    Without a size it is encapsulated. `vr` is empty where the file does not say it.
    """

    file: IO[bytes]
    start: int
    size: int | None
    vr: str
    little: bool
    is_unpacked: bool


@contextmanager
def value_at(file: IO[bytes], path: Path, *, size: int, limits: Limits) -> Iterator[Value | None]:
    """The value of the element, or None. An unpacked data set is there until the end."""
    try:
        opening = read_opening(file, size=size, limits=limits)
        syntax = opening.transfer_syntax
        is_unpacked = syntax == DeflatedExplicitVRLittleEndian
        data_set = inflated(file, opening.at, limits) if is_unpacked else file
    except FileRefused:
        yield None
        return
    search = _Search(
        data_set,
        data_set.seek(0, 2) if is_unpacked else size,
        implicit=syntax == ImplicitVRLittleEndian,
        little=syntax != ExplicitVRBigEndian,
        keep=frozenset(),
        limits=limits,
        deviations=set(),
    )
    try:
        met = search.look_for(path, 0 if is_unpacked else opening.at)
        yield Value(data_set, *met, search.little, is_unpacked) if met is not None else None
    finally:
        if is_unpacked:
            data_set.close()


class _Met(Exception):
    """The element was met: nothing behind it is read."""


class _Search(Walk):
    def look_for(self, path: Path, start: int) -> tuple[int, int | None, str] | None:
        """Where the element's value begins, its size and its VR."""
        self.path = path
        # What each level of the stack is, in the words of a path; and how many items each sequence had so far.
        self.labels: list[int] = [-1]
        self.items: dict[int, int] = {}
        self.tag, self.vr = -1, ""
        self.met: tuple[int, int | None, str] | None = None
        with suppress(_Met, FileRefused):
            self.run(start)
        return self.met

    def _note(self, inside: Inside, tag: int, vr: str | None, length: int) -> None:
        super()._note(inside, tag, vr, length)
        self.tag, self.vr = tag, vr or ""

    def _enter(self, sequence: Inside) -> None:
        depth = len(self.stack)
        super()._enter(sequence)
        self.labels[depth:] = [self.tag]
        self.items[depth] = 0

    def _item(self, inside: Inside, head: bytes) -> None:
        depth = len(self.stack)
        super()._item(inside, head)
        if len(self.stack) > depth:
            self.labels[depth:] = [self.items[depth - 1]]
            self.items[depth - 1] += 1

    def _value(self, tag: int, vr: str | None, length: int, *, is_bulk: bool) -> None:
        self._compare(tag, length)
        super()._value(tag, vr, length, is_bulk=is_bulk)

    def _fragments(self, tag: int, bound: int) -> Pixels:
        self._compare(tag, None)
        return super()._fragments(tag, bound)

    def _compare(self, tag: int, size: int | None) -> None:
        if (*self.labels[1 : len(self.stack)], tag) == self.path:
            self.met = (self.at, size, self.vr)
            raise _Met
