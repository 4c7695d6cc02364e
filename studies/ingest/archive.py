"""ZIP files: read member by member as a stream, never unpacked to a path; a member's name is only ever shown."""

import zipfile
import zlib
from collections.abc import Iterator
from struct import Struct
from typing import IO

from django.utils.translation import gettext as _

from studies.ingest.limits import Limits
from studies.ingest.refusals import (
    BOMB,
    ENCRYPTED,
    NESTED_ZIP,
    NOT_A_ZIP,
    NOT_UNPACKED,
    OTHER_PACKING,
    FileRefused,
)
from studies.ingest.sources import ReceivedFile, receive

MAGIC = (b"PK\x03\x04", b"PK\x05\x06")


def is_zip(file: IO[bytes]) -> bool:
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    return start in MAGIC


def members(
    file: IO[bytes], *, size: int, limits: Limits
) -> Iterator[tuple[str, ReceivedFile | FileRefused]]:
    """Each member's name with its bytes, or with why it is refused. Raises FileRefused where the whole must stop.

    The caller closes each member's bytes before it asks for the next or soon after: they are copies.
    """
    _directory_in_bounds(file, size, limits)
    try:
        archive = zipfile.ZipFile(file)
    except Exception:  # a hostile directory fails in many ways: BadZipFile, struct.error, UnicodeError, …
        raise FileRefused(NOT_A_ZIP) from None
    with archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        if len(infos) > limits.archive_members:
            raise FileRefused(_too_many(limits))
        unpacked = 0
        for info in infos:
            meter = _Meter(unpacked, size, limits)
            yield info.filename, _member(archive, info, meter, limits)
            unpacked = meter.total
            if meter.burst:
                raise FileRefused(BOMB)


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, meter: "_Meter", limits: Limits
) -> ReceivedFile | FileRefused:
    if info.flag_bits & 0x1:
        return FileRefused(ENCRYPTED)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return FileRefused(OTHER_PACKING)
    try:
        with archive.open(info) as stream:
            received = receive(meter.around(stream), limits=limits)
    except FileRefused as refused:
        return refused
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError):
        return FileRefused(NOT_UNPACKED)
    if is_zip(received.file):
        received.close()
        return FileRefused(NESTED_ZIP)
    return received


class _Meter:
    """Counts what an archive has unpacked to, as it comes, whatever its directory promises."""

    def __init__(self, before: int, packed: int, limits: Limits) -> None:
        self.total, self.burst = before, False
        self._most = min(limits.archive_bytes, max(limits.archive_free_bytes, packed * limits.archive_ratio))

    def around(self, stream: IO[bytes]) -> "_Meter":
        self._stream = stream
        return self

    def read(self, size: int) -> bytes:
        piece = self._stream.read(size)
        self.total += len(piece)
        if self.total > self._most:
            self.burst = True
            raise FileRefused(BOMB)
        return piece


_END = Struct("<4s4H2LH")
_LOCATOR = Struct("<4sLQL")
_END_64 = Struct("<4sQ2H2L4Q")


def _directory_in_bounds(file: IO[bytes], size: int, limits: Limits) -> None:
    """zipfile reads a ZIP's whole directory into memory, so its size is asked first."""
    reach = min(size, _END.size + 65_535)
    file.seek(size - reach)
    tail = file.read(reach)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise FileRefused(NOT_A_ZIP)
    *_, directory, _offset, _comment = _END.unpack_from(tail, at)
    largest = 0 if directory == 0xFFFFFFFF else directory
    end_64 = size - reach + at - _LOCATOR.size - _END_64.size
    if end_64 >= 0:
        file.seek(end_64)
        record = _END_64.unpack(file.read(_END_64.size))
        if record[0] == b"PK\x06\x06":
            largest = max(largest, record[8])
    if largest > min(size, limits.archive_directory_bytes):
        raise FileRefused(NOT_A_ZIP if largest > size else _too_many(limits))
    file.seek(0)


def _too_many(limits: Limits) -> str:
    return _("It contains more than %(number)s files.") % {"number": f"{limits.archive_members:,}"}
