"""Answers of many parts, written piece by piece: what is sent next is read when it is sent."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from django.http import StreamingHttpResponse

from studies.sent_file import PIECE, RangeOnDisk, stored_bytes

__all__ = ["PIECE", "Part", "multipart", "multipart_as_made", "single", "stored_bytes"]


@dataclass(frozen=True)
class Part:
    """`pieces` is called when its turn comes; `size` is known before, but for what is written as it is sent.

    `on_disk` are the same bytes where they lie together in a file, which is quicker to send as a single part.
    """

    content_type: str
    size: int | None
    pieces: Callable[[], Iterable[bytes]]
    location: str = ""
    on_disk: RangeOnDisk | None = None

    def head(self, boundary: str) -> bytes:
        headers = {
            "Content-Type": self.content_type,
            "Content-Length": "" if self.size is None else self.size,
            "Content-Location": self.location,
        }
        lines = [f"{name}: {value}" for name, value in headers.items() if value != ""]
        return "\r\n".join([f"--{boundary}", *lines, "", ""]).encode()


def multipart(parts: list[Part], media_type: str, **headers: str) -> StreamingHttpResponse:
    """Its length is known before the first byte is read, where each part's is."""
    boundary = secrets.token_hex(16)
    end = f"--{boundary}--\r\n".encode()
    response = StreamingHttpResponse(
        _written(parts, boundary, end),
        content_type=f'multipart/related; type="{media_type}"; boundary={boundary}',
        headers=headers,
    )
    sizes = [part.size for part in parts if part.size is not None]
    if len(sizes) == len(parts):
        heads = sum(len(part.head(boundary)) + 2 for part in parts)
        response["Content-Length"] = str(heads + sum(sizes) + len(end))
    return response


def _written(parts: list[Part], boundary: str, end: bytes) -> Iterator[bytes]:
    for part in parts:
        yield part.head(boundary)
        yield from part.pieces()
        yield b"\r\n"
    yield end


def multipart_as_made(first: Part, others: Iterator[Part], media_type: str) -> StreamingHttpResponse:
    """Of parts whose sizes are known no earlier than they are made. What fails breaks the answer off, never ends it."""
    boundary = secrets.token_hex(16)

    def written() -> Iterator[bytes]:
        for part in chain([first], others):
            yield part.head(boundary)
            yield from part.pieces()
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    return StreamingHttpResponse(
        written(), content_type=f'multipart/related; type="{media_type}"; boundary={boundary}'
    )


def single(part: Part, **headers: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(part.pieces(), content_type=part.content_type, headers=headers)
    if part.size is not None:
        response["Content-Length"] = str(part.size)
    if part.on_disk is not None:
        # As Django's FileResponse: a server with `wsgi.file_wrapper` takes the file, and leaves the pieces.
        response._resource_closers.append(part.on_disk.close)  # type: ignore[attr-defined]
        response.file_to_stream, response.block_size = part.on_disk, PIECE  # type: ignore[attr-defined]
    return response
