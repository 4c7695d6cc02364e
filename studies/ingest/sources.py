"""One file on its way in: where its bytes come from, and the measured copy of them that we read."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Protocol

from django.utils.translation import gettext as _

from common.formats import size_in_words
from studies.ingest.limits import MB, Limits
from studies.ingest.refusals import EMPTY, FileRefused
from studies.ingest.text import clean

PIECE = 256 * 1024
IN_MEMORY = 4 * MB


@dataclass(frozen=True)
class Source:
    """A name to show, never used as a path, and a way to the bytes; `tag` is the caller's own."""

    name: str
    open: Callable[[], IO[bytes]]
    tag: int | None = None

    @property
    def shown(self) -> str:
        return shown(self.name)


def shown(name: str) -> str:
    """As the database can hold it; of a long name the end, which distinguishes more than its beginning."""
    name = clean(name, 10_000)
    return name if len(name) <= 300 else "…" + name[-299:]


def from_path(path: Path, *, name: str = "") -> Source:
    return Source(name or str(path), lambda: path.open("rb"))


@dataclass
class ReceivedFile:
    """Our own copy: it cannot change between being measured, read and stored."""

    file: IO[bytes]
    size: int
    sha256: str

    def start(self) -> bytes:
        self.file.seek(0)
        return self.file.read(16)

    def close(self) -> None:
        self.file.close()


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def receive(stream: Readable, *, limits: Limits) -> ReceivedFile:
    """Copies at most as much as allowed; small files stay in memory."""
    digest, size = hashlib.sha256(), 0
    file: IO[bytes] = BytesIO()
    try:
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > limits.file_bytes:
                raise FileRefused(
                    _("It is larger than %(size)s.") % {"size": size_in_words(limits.file_bytes)}
                )
            if size > IN_MEMORY and isinstance(file, BytesIO):
                written, file = file.getvalue(), TemporaryFile()  # noqa: SIM115 (the caller closes it)
                file.write(written)
            digest.update(piece)
            file.write(piece)
        if not size:
            raise FileRefused(EMPTY)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return ReceivedFile(file, size, digest.hexdigest())
