"""Stored pieces of a file, read as the file."""

import io
from collections.abc import Sequence
from typing import IO, Any

from django.core.files.storage import storages


class Joined(io.RawIOBase):
    """Of keys and sizes, in their order; one piece is open at a time."""

    def __init__(self, pieces: Sequence[tuple[str, int]]) -> None:
        self._pieces = pieces
        self._starts = [sum(size for _key, size in pieces[:number]) for number in range(len(pieces))]
        self._size = sum(size for _key, size in pieces)
        self._at = 0
        self._open: tuple[int, Any] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, into: Any) -> int:
        if self._at >= self._size:
            return 0
        number = max(place for place, start in enumerate(self._starts) if start <= self._at)
        file, inside = self._piece(number), self._at - self._starts[number]
        file.seek(inside)
        read = file.read(min(len(into), self._pieces[number][1] - inside))
        into[: len(read)] = read
        self._at += len(read)
        return len(read)

    def _piece(self, number: int) -> Any:
        if self._open is None or self._open[0] != number:
            self._close()
            self._open = (number, storages["dicom"].open(self._pieces[number][0]))
        return self._open[1]

    def _close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None

    def close(self) -> None:
        self._close()
        super().close()


def joined(pieces: Sequence[tuple[str, int]]) -> IO[bytes]:
    return io.BufferedReader(Joined(pieces), 1024 * 1024)
