"""Documents and videos inside an instance: that they are what they say, and where their bytes lie."""

from dataclasses import dataclass
from typing import IO

PDF_BEGINS = b"%PDF-"
# A PDF may begin within its first kilobyte.
LOOKED_AT = 1024
MOST_FRAGMENTS = 20_000
# What the standards call them, in every language.
TRANSPORT_STREAM, PROGRAM_STREAM = "MPEG-2 TS", "MPEG-2 PS"
ITEM = b"\xfe\xff\x00\xe0"


@dataclass(frozen=True)
class Stretch:
    start: int
    size: int


def is_pdf(beginning: bytes) -> bool:
    return PDF_BEGINS in beginning[:LOOKED_AT]


def video_type(beginning: bytes) -> str:
    """The media type that a browser may play, by the container; empty where it plays none such."""
    if beginning[4:8] == b"ftyp":
        return "video/mp4"
    if beginning[:4] == b"\x1aE\xdf\xa3":
        return "video/webm"
    return ""


def container_name(beginning: bytes) -> str:
    if beginning[:1] == b"G" and beginning[188:189] in (b"G", b""):
        return TRANSPORT_STREAM
    return PROGRAM_STREAM if beginning[:4] == b"\x00\x00\x01\xba" else ""


def fragments(file: IO[bytes], start: int, size: int) -> list[Stretch]:
    """Of encapsulated pixel data from `start` on, all but the offset table; what ends early ends the list."""
    listed: list[Stretch] = []
    at = start
    while len(listed) <= MOST_FRAGMENTS:
        file.seek(at)
        head = file.read(8)
        if len(head) < 8 or head[:4] != ITEM:
            break
        length = int.from_bytes(head[4:], "little")
        listed.append(Stretch(at + 8, min(length, max(size - at - 8, 0))))
        at += 8 + length
    return [stretch for stretch in listed[1:] if stretch.size]


def within(stretches: list[Stretch], wanted: range) -> list[Stretch]:
    """The pieces of the file that the wanted bytes of the whole lie in."""
    pieces, passed = [], 0
    for stretch in stretches:
        first = max(wanted.start - passed, 0)
        last = min(wanted.stop - passed, stretch.size)
        if first < last:
            pieces.append(Stretch(stretch.start + first, last - first))
        passed += stretch.size
    return pieces
