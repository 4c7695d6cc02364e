"""What clients write around the files they store: whatever the spelling, the files are what they were."""

import tracemalloc
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from studies.dicomweb.bodies import BodyRefused, received
from studies.ingest.limits import Limits

BOUNDARY_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=?"
boundaries = st.text(BOUNDARY_SIGNS, min_size=1, max_size=70)


@dataclass
class Trickle(BytesIO):
    """Gives as few bytes as it likes at a time."""

    data: bytes
    step: int

    def __post_init__(self) -> None:
        super().__init__(self.data)

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self.step if size is None or size < 0 else min(size, self.step))


@st.composite
def contents(draw: st.DrawFn, boundary: str) -> bytes:
    """Bytes in which no line begins with the delimiter, the nearest misses among them."""
    mark = f"--{boundary}".encode()
    piece = st.one_of(
        st.binary(max_size=200),
        st.sampled_from(
            [b"\r\n", b"\r", b"\n", b"-", b"--", b"\r\n--", b"\0", b"x" + mark, b"\r\n" + mark[:-1]]
        ),
        st.integers(60_000, 70_000).map(bytes),
    )
    data = b"".join(draw(st.lists(piece, max_size=6)))
    while b"\n" + mark in data:
        data = data.replace(b"\n" + mark, b"\n." + mark)
    return b"." + data if data.startswith(mark) else data


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, bytes, list[bytes]]:
    """A Content-Type, a body, and the files in it."""
    boundary = draw(boundaries)
    mark, pad = f"--{boundary}".encode(), st.sampled_from([b"", b" ", b"\t "])
    files = draw(st.lists(contents(boundary), min_size=1, max_size=4))
    heads = st.sampled_from(
        [
            b"",
            b"Content-Type: application/dicom\r\n",
            b"content-type:Application/DICOM; transfer-syntax=1.2.840.10008.1.2.1\r\nContent-Length: 7\r\n",
            b'Content-Location: /a/b\r\nContent-Type: application/dicom; transfer-syntax="*"\r\n',
            b"Content-Transfer-Encoding: binary\r\nMIME-Version: 1.0\r\n",
        ]
    )
    body = draw(
        st.sampled_from([b"", b"\r\n", b"To whom it concerns\r\n", b"--\r\n", b"x" * 70_000 + b"\r\n"])
    )
    for data in files:
        body += mark + draw(pad) + b"\r\n" + draw(heads) + b"\r\n" + data + b"\r\n"
    body += (
        mark
        + b"--"
        + draw(st.sampled_from([b"", b"\r\n", b"\r\nThat was all\r\n" + mark + b"\r\n", b" \r\n"]))
    )
    quoted = draw(st.booleans()) or not boundary.isalnum()
    word, type_word = draw(
        st.sampled_from([("boundary", "type"), ("Boundary", "TYPE"), ("BOUNDARY", "Type")])
    )
    value = f'"{boundary}"' if quoted else boundary
    of_parts = draw(
        st.sampled_from(
            ["", '"application/dicom"', "application/dicom", '"application/dicom; transfer-syntax=*"']
        )
    )
    parameters = [f"{word}={value}", *([f"{type_word}={of_parts}"] if of_parts else [])]
    gap = draw(st.sampled_from(["; ", ";", " ;  "]))
    kind = draw(st.sampled_from(["multipart/related", "Multipart/Related"]))
    return gap.join([kind, *draw(st.permutations(parameters))]), body, files


def request_of(content_type: str, body: bytes, *, step: int = 1 << 20, announced: int | None = None) -> Any:
    request = RequestFactory().generic("POST", "/dicomweb/x/studies", b"", content_type)
    more = {
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body) if announced is None else announced),
        "wsgi.input": Trickle(body, step),
    }
    return type(request)({**request.environ, **more})


def files_in(request: Any, limits: Limits = Limits()) -> list[bytes]:  # noqa: B008 (frozen)
    with received(request, limits) as body:
        return [body.open(number).read() for number in range(len(body.parts))]


@given(messages(), st.sampled_from([1 << 20, 65536, 4096, 997]))
@settings(deadline=None, max_examples=100)
def test_files_are_what_they_were_whatever_is_written_around_them(
    message: tuple[str, bytes, list[bytes]], step: int
) -> None:
    content_type, body, files = message
    if not any(files):
        with pytest.raises(BodyRefused):
            files_in(request_of(content_type, body, step=step))
        return

    assert files_in(request_of(content_type, body, step=step)) == files


@given(messages(), st.data())
@settings(deadline=None, max_examples=60)
def test_a_body_that_stops_anywhere_is_refused_whole(
    message: tuple[str, bytes, list[bytes]], data: st.DataObject
) -> None:
    content_type, body, files = message
    boundary = body.rfind(b"--")  # of the last delimiter, or of what is written behind it
    whole = files_in(request_of(content_type, body)) if any(files) else None
    stop = data.draw(st.integers(0, max(boundary - 1, 0)))

    try:
        got = files_in(request_of(content_type, body[:stop], announced=len(body)))
    except BodyRefused as refused:
        # Of a part whose headers end early the kind is not known.
        assert refused.status in (400, 415)
    else:
        # Only what is behind the last delimiter is missing.
        assert got == whole


@given(st.binary(max_size=3000), boundaries, st.sampled_from([1 << 20, 7]))
@settings(deadline=None, max_examples=200)
def test_no_body_is_too_odd_for_a_sentence(body: bytes, boundary: str, step: int) -> None:
    mark = f"--{boundary}".encode()
    odd = body.replace(b"\0", mark).replace(b"\1", b"\r\n" + mark + b"\r\n").replace(b"\2", b"\r\n\r\n")
    try:
        files_in(request_of(f'multipart/related; boundary="{boundary}"', odd, step=step))
    except BodyRefused as refused:
        assert refused.status in (400, 415)
        assert refused.sentence


@given(st.text(max_size=80))
@settings(deadline=None)
def test_no_content_type_is_too_odd_for_a_sentence(text: str) -> None:
    for content_type in (
        text,
        f"multipart/related; {text}",
        f'multipart/related; type="application/dicom"; {text}',
    ):
        try:
            files_in(request_of(content_type, b"--a\r\n\r\nx\r\n--a--"))
        except BodyRefused as refused:
            assert refused.status in (400, 415)


def test_memory_does_not_grow_with_the_body() -> None:
    mark, many = b"--a-line", 64
    part = mark + b"\r\nContent-Type: application/dicom\r\n\r\n" + bytes(1 << 20) + b"\r\n"

    class Long:
        """A body of many megabytes that is never whole in memory."""

        def __init__(self) -> None:
            self.left = many * len(part)

        def read(self, size: int) -> bytes:
            at = many * len(part) - self.left
            size = min(size, self.left)
            self.left -= size
            offset = at % len(part)
            return (part + part)[offset : offset + size] if size else b""

        readline = read

    request = request_of("multipart/related; boundary=a-line", b"", announced=many * len(part) + 1)
    request.environ["wsgi.input"] = Long()
    request = type(request)(request.environ)
    tracemalloc.start()
    try:
        with pytest.raises(BodyRefused):  # the last delimiter is missing
            received(request, Limits())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 24 << 20
