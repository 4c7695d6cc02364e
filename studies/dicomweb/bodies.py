"""What a client stores, as it sends it: a single file, or many in a multipart message (RFC 2046), to the scratch disk.

Django's own iterators find the delimiters. Nothing is taken in before the whole body is there.
"""

import re
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from functools import partial
from io import BufferedReader, RawIOBase
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import BoundaryIter, InputStreamExhausted, LazyStream
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.formats import size_in_words
from studies.ingest.limits import MB, Limits

DICOM = "application/dicom"
IN_MEMORY = 4 * MB
PIECE = 64 * 1024
LONGEST_HEAD = 16 * 1024
LONGEST_PADDING = 256
# What others need of the scratch disk while a body is received.
RESERVE = 256 * MB
ENDS_EARLY = gettext_noop("The request ends before its last part does.")
MALFORMED = gettext_noop("The parts of the request cannot be told apart.")
NO_ROOM = gettext_noop("The instances cannot be stored at the moment. Send them again later.")
_BOUNDARY = re.compile(r"[ -~]{0,200}[!-~]")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


class BodyRefused(Exception):
    """The whole request is refused, and nothing of it is taken in: an HTTP status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass
class Received:
    """The files of a request, one behind the other in a scratch file: where each begins, and its size."""

    scratch: IO[bytes]
    parts: list[tuple[int, int]] = field(default_factory=list)

    def open(self, number: int) -> IO[bytes]:
        return cast(IO[bytes], BufferedReader(_Window(self.scratch, *self.parts[number])))

    def __enter__(self) -> "Received":
        return self

    def __exit__(self, *error: object) -> None:
        self.scratch.close()


class _Window(RawIOBase):
    """Some bytes of the scratch file, which it leaves open."""

    def __init__(self, scratch: IO[bytes], start: int, size: int) -> None:
        self.scratch, self.start, self.size, self.at = scratch, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = max((0, self.at, self.size)[whence] + offset, 0)
        return self.at

    def readinto(self, buffer: Any) -> int:
        self.scratch.seek(self.start + self.at)
        piece = self.scratch.read(max(min(len(buffer), self.size - self.at), 0))
        buffer[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)


class _Body:
    """The bytes of a request, counted; of a chunked request whatever its sender ends with."""

    def __init__(self, request: HttpRequest, most: int) -> None:
        announced = request.META.get("CONTENT_LENGTH") or ""
        self.announced = int(announced) if announced.isdecimal() else None
        self.most, self.size = most, 0
        if self.announced is None and request.META.get("wsgi.input_terminated"):
            # Django reads no body without a length; this server ends a chunked body where its sender did.
            self._read = request.META["wsgi.input"].read
        else:
            self._read = request.read
        if self.announced is not None and self.announced > most:
            raise self._too_large()

    def read(self, size: int) -> bytes:
        try:
            piece: bytes = self._read(size)
        except OSError as error:
            raise BodyRefused(400, _(ENDS_EARLY)) from error
        self.size += len(piece)
        if self.size > self.most:
            raise self._too_large()
        return piece

    def pieces(self) -> Iterator[bytes]:
        return iter(partial(self.read, PIECE), b"")

    def is_whole(self) -> bool:
        return self.announced is None or self.size == self.announced

    def _too_large(self) -> BodyRefused:
        return BodyRefused(
            413,
            _("A request can have at most %(most)s. Send the instances in several requests.")
            % {"most": size_in_words(self.most)},
        )


class _Lines(BoundaryIter):
    """Django's, but a delimiter begins a line: in the middle of a line the same bytes are the file's own."""

    _boundary: bytes
    _before = b"\n"

    def __next__(self) -> bytes:
        piece: bytes = super().__next__()
        self._before = piece[-1:] or self._before
        return piece

    def _find_boundary(self, data: bytes) -> tuple[int, int] | None:
        index = -1
        while (index := data.find(self._boundary, index + 1)) >= 0:
            before = data[max(index - 2, 0) : index]
            if (before or self._before).endswith(b"\n"):
                line_end = 2 if before == b"\r\n" else min(index, 1)
                return index - line_end, index + len(self._boundary)
        return None


def received(request: HttpRequest, limits: Limits) -> Received:
    """Everything that the request sends, or BodyRefused. The caller closes it."""
    media_type, boundary = _kind_of(request)
    body = _Body(request, limits.upload_bytes)
    _check_room(body.announced or 0)
    scratch: IO[bytes] = SpooledTemporaryFile(  # type: ignore[assignment]  # noqa: SIM115 (the caller closes it)
        max_size=IN_MEMORY, dir=settings.FILE_UPLOAD_TEMP_DIR
    )
    files = Received(scratch)
    try:
        if media_type == DICOM:
            _keep(files, body.pieces())
            if not body.is_whole():
                raise BodyRefused(400, _(ENDS_EARLY))
        else:
            _keep_parts(files, body, boundary, most=limits.upload_files)
        if not any(size for _start, size in files.parts):
            raise BodyRefused(400, _("The request has no instances."))
    except BaseException as error:
        scratch.close()
        if isinstance(error, SuspiciousOperation):  # Django's, of a message made to keep it busy
            raise BodyRefused(400, _(MALFORMED)) from error
        if isinstance(error, OSError):  # the scratch disk is full
            raise BodyRefused(503, _(NO_ROOM)) from error
        raise
    return files


def _kind_of(request: HttpRequest) -> tuple[str, bytes]:
    """The media type, DICOM alone or in parts, and the delimiter of the parts."""
    media_type, parameters = request.content_type or "", request.content_params or {}
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise _unsupported()
    if media_type == DICOM:
        return media_type, b""
    of_parts = parameters.get("type", DICOM).partition(";")[0].strip().lower()
    if media_type != "multipart/related" or of_parts != DICOM:
        raise _unsupported()
    boundary = parameters.get("boundary", "")
    if not _BOUNDARY.fullmatch(boundary):
        raise BodyRefused(400, _("The Content-Type names no boundary of the parts."))
    return media_type, b"--" + boundary.encode()


def _keep_parts(files: Received, body: _Body, delimiter: bytes, *, most: int) -> None:
    stream: Any = LazyStream(body.pieces())  # type: ignore[arg-type]  # any iterator of bytes does
    _skip(stream, delimiter)
    while not _is_last(stream):
        if len(files.parts) >= most:
            sentence = _("A request can have at most %(most)s instances. Send them in several requests.")
            raise BodyRefused(413, sentence % {"most": f"{most:,}"})
        part = _until(stream, delimiter)
        _check_headers(_head_of(part))
        _keep(files, part)


def _skip(stream: Any, delimiter: bytes) -> None:
    """What is before the first delimiter says nothing."""
    deque(_until(stream, delimiter), maxlen=0)


def _until(stream: Any, delimiter: bytes) -> Any:
    try:
        return LazyStream(_Lines(stream, delimiter))
    except InputStreamExhausted:
        raise BodyRefused(400, _(ENDS_EARLY)) from None


def _is_last(stream: Any) -> bool:
    """Behind a delimiter: two hyphens behind the last one, else nothing but spaces up to the end of the line."""
    line = stream.read(LONGEST_PADDING)
    if line[:2] == b"--":
        return True
    padding, end, rest = line.partition(b"\n")
    if not end:
        raise BodyRefused(400, _(MALFORMED if len(line) == LONGEST_PADDING else ENDS_EARLY))
    if padding.strip(b" \t\r"):
        raise BodyRefused(400, _(MALFORMED))
    stream.unget(rest)
    return False


def _head_of(part: Any) -> bytes:
    """The headers of a part, which may have none; its content follows."""
    start = part.read(LONGEST_HEAD)
    for line_end in (b"\r\n", b"\n"):
        if start.startswith(line_end):
            part.unget(start[len(line_end) :])
            return b""
    blank = _BLANK_LINE.search(start)
    if blank is None:
        if len(start) == LONGEST_HEAD:
            raise BodyRefused(400, _(MALFORMED))
        return bytes(start)
    part.unget(start[blank.end() :])
    return bytes(start[: blank.start()])


def _check_headers(head: bytes) -> None:
    """A part without a media type is of the message's; a file that is encoded is nothing that we store."""
    headers = BytesHeaderParser().parsebytes(head)
    media_type = parse_header_parameters(str(headers.get("Content-Type", DICOM)))[0].lower()
    encodings = (
        str(headers.get(name, "binary")).strip().lower()
        for name in ("Content-Transfer-Encoding", "Content-Encoding")
    )
    if media_type != DICOM or not {"binary", "8bit", "identity"}.issuperset(encodings):
        raise _unsupported()


def _keep(files: Received, pieces: Iterator[bytes]) -> None:
    start = end = files.scratch.tell()
    for piece in pieces:
        end += files.scratch.write(piece)
    files.parts.append((start, end - start))


def _check_room(size: int) -> None:
    """Whether the scratch disk has room for the body beside what others do there."""
    folder = settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir()
    if size > IN_MEMORY and shutil.disk_usage(folder).free < size + RESERVE:
        raise BodyRefused(503, _(NO_ROOM))


def _unsupported() -> BodyRefused:
    return BodyRefused(
        415, _("Send DICOM files: application/dicom, or multipart/related with parts of application/dicom.")
    )
