"""The bytes of a stored file as they are sent: as received or as its home corrected it, whole or a range."""

import os
from collections.abc import Iterator, Sequence
from typing import IO

from django.core.files.storage import storages

from studies.corrected import Change, corrected_beginning

PIECE = 256 * 1024


def sent_pieces(key: str, changes: Sequence[Change] = ()) -> Iterator[bytes]:
    """Of the stored file of this key, in pieces; memory holds its header at most."""
    with storages["dicom"].open(key) as file:
        if changes:
            beginning = corrected_beginning(file, changes)
            yield beginning.data
            if beginning.rest_at is None:
                return
            file.seek(beginning.rest_at)
        while piece := file.read(PIECE):
            yield piece


def stored_bytes(key: str, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
    """A range of a stored file, in pieces."""
    with storages["dicom"].open(key) as file:
        file.seek(start)
        left = size
        while left is None or left > 0:
            piece = file.read(PIECE if left is None else min(PIECE, left))
            if not piece:
                return
            left = None if left is None else left - len(piece)
            yield piece


def range_on_disk(key: str, *, start: int, size: int) -> "RangeOnDisk | None":
    """The same range for a server that has the system send it; None where files are in a bucket."""
    try:
        return RangeOnDisk(storages["dicom"].path(key), start, size)
    except NotImplementedError:
        return None


class RangeOnDisk:
    """Some bytes of a file. The file is opened when the bytes are sent, and not for an answer to HEAD."""

    def __init__(self, path: str, start: int, size: int) -> None:
        self.path, self.start, self.left = path, start, size
        self._file: IO[bytes] | None = None

    def fileno(self) -> int:
        """The open file at the first of the bytes: the server sends as many from there as the answer is long."""
        return self._opened().fileno()

    def read(self, size: int) -> bytes:
        piece = self._opened().read(min(size, self.left))
        self.left -= len(piece)
        return piece

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._opened().seek(offset, whence)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._file = open(self.path, "rb", buffering=0)  # noqa: SIM115 (`close` is the answer's)
            self._file.seek(self.start)
        return self._file
