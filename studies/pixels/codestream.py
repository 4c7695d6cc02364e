"""What the first compressed frame of an image says of its own values: precision, signedness, colours and size."""

from dataclasses import dataclass
from struct import Struct
from struct import error as StructError

JPEG, JPEG_2000 = b"\xff\xd8", b"\xff\x4f\xff\x51"
ITEM = Struct("<HHL")
SEGMENT = Struct(">H")
JPEG_FRAME = Struct(">BHHB")
JPEG_2000_SIZE = Struct(">HH8LH")
# Start of frame, of every process; 0xF7 is JPEG-LS. Those left out are tables.
FRAME_MARKERS = (set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}) | {0xF7}


@dataclass(frozen=True)
class Codestream:
    precision: int
    samples: int
    rows: int
    columns: int
    # JPEG 2000 alone says it.
    signed: bool | None = None


def first_codestream(start: bytes) -> Codestream | None:
    """From the beginning of encapsulated pixel data: an offset table, then the first fragment."""
    try:
        _, _, table = ITEM.unpack_from(start)
        fragment = start[ITEM.size + table + ITEM.size :]
        return _jpeg_2000(fragment) if fragment.startswith(JPEG_2000) else _jpeg(fragment)
    except (IndexError, ValueError, OverflowError, StructError):
        return None


def _jpeg(stream: bytes) -> Codestream | None:
    if not stream.startswith(JPEG):
        return None
    at = 2
    while stream[at] == 0xFF:
        marker = stream[at + 1]
        if marker in FRAME_MARKERS:
            precision, rows, columns, samples = JPEG_FRAME.unpack_from(stream, at + 4)
            return Codestream(precision, samples, rows, columns)
        (length,) = SEGMENT.unpack_from(stream, at + 2)
        at += 2 + length if marker != 0xFF else 1
    return None


def _jpeg_2000(stream: bytes) -> Codestream:
    _, _, right, bottom, left, top, *_, samples = JPEG_2000_SIZE.unpack_from(stream, 4)
    depth = stream[4 + JPEG_2000_SIZE.size]
    return Codestream((depth & 0x7F) + 1, samples, bottom - top, right - left, signed=bool(depth & 0x80))
