"""A ZIP whose size is known before its first byte, and whose bytes are the same each time it is written.

zipstream-ng writes it, uncompressed, so that a download that broke off can go on where it stopped. It dates entries by
the clock: here all have the earliest date that a ZIP can hold, which says nothing of a patient either.
"""

from collections.abc import Iterable, Iterator

from zipstream import ZipStream, ng

EARLIEST = (1980, 1, 1, 0, 0, 0)


class _Undated(ng.ZipStreamInfo):  # type: ignore[misc]  # the package ships no types
    def __init__(self, filename: str, date_time: tuple[int, ...] | None = None) -> None:
        super().__init__(filename, EARLIEST)


# Its entries are made by this name; there is no parameter for it.
ng.ZipStreamInfo = _Undated


class Zip:
    """Entries in the order in which they are added."""

    def __init__(self, *, sized: bool) -> None:
        self._stream = ZipStream(sized=sized)

    def add(self, name: str, data: bytes | Iterable[bytes], size: int | None = None) -> None:
        """Bytes, or an iterable of them that gives `size` bytes; it is begun when its turn comes."""
        self._stream.add(data, name, size=size)

    @property
    def size(self) -> int:
        return len(self._stream)

    def added(self) -> Iterator[bytes]:
        """What was added since the last call."""
        yield from self._stream.all_files()

    def rest(self) -> Iterator[bytes]:
        """All that is still to be written, to the end."""
        yield from self._stream
