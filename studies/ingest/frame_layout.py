"""Where each frame lies in an instance's file, so that a frame is sent without reading the rest."""

import math
from dataclasses import dataclass
from typing import IO

from pydicom import Dataset
from pydicom.dataelem import RawDataElement
from pydicom.encaps import generate_fragmented_frames
from pydicom.tag import BaseTag, Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian

from studies.ingest.plain_values import plain_values

PIXEL_DATA = tuple(map(BaseTag, (0x7FE00010, 0x7FE00008, 0x7FE00009)))
BITS = {0x7FE00008: 32, 0x7FE00009: 64}
# Looked up once: a keyword is looked up anew each time that it is asked for.
FRAMES, ROWS, COLUMNS, SAMPLES, ALLOCATED, COLOURS = (
    Tag(word)
    for word in (
        "NumberOfFrames",
        "Rows",
        "Columns",
        "SamplesPerPixel",
        "BitsAllocated",
        "PhotometricInterpretation",
    )
)
# 8 bytes before each fragment: its tag and its length.
ITEM_HEAD = 8
UNDEFINED = 0xFFFFFFFF


@dataclass(frozen=True)
class FrameLayout:
    """Where the pixel data begin in the file. Native: the bytes of each frame. Encapsulated: where each frame's items
    begin, and last where they end."""

    pixels_at: int | None = None
    pixels_length: int | None = None
    frame_bytes: int | None = None
    offsets: tuple[int, ...] | None = None


NO_FRAMES = FrameLayout()


def layout_of(dataset: Dataset, file: IO[bytes], syntax: str) -> FrameLayout:
    """What can be said; a deflated file has its pixels nowhere, and frames that end within a byte have no bytes."""
    tag = next((tag for tag in PIXEL_DATA if tag in dataset), None)
    # The pixels themselves are left where they are.
    raw = dataset.get_item(tag, keep_deferred=True) if tag is not None else None
    if syntax == DeflatedExplicitVRLittleEndian or raw is None or tag is None:
        return NO_FRAMES
    if isinstance(raw, RawDataElement):
        at, length = raw.value_tell, raw.length
    else:  # pydicom has converted it already
        at = raw.file_tell
        length = UNDEFINED if raw.is_undefined_length else len(raw.value or b"")
    if at is None:
        return NO_FRAMES
    frames = _whole(dataset, FRAMES) or 1
    if length != UNDEFINED:
        return FrameLayout(at, length, _frame_bytes(dataset, BITS.get(tag), frames, length))
    return FrameLayout(at, None, None, _offsets(file, at, frames, little=syntax != ExplicitVRBigEndian))


def _frame_bytes(dataset: Dataset, bits: int | None, frames: int, length: int) -> int | None:
    rows, columns = _whole(dataset, ROWS), _whole(dataset, COLUMNS)
    bits = bits or _whole(dataset, ALLOCATED)
    if not bits or not rows or not columns:
        return None
    total = rows * columns * (_whole(dataset, SAMPLES) or 1) * bits
    if _colours(dataset) in ("YBR_FULL_422", "YBR_PARTIAL_422"):
        total = total * 2 // 3
    whole = total % 8 == 0 or frames == 1
    size = math.ceil(total / 8)
    return size if whole and size * frames <= length else None


def _offsets(file: IO[bytes], at: int, frames: int, *, little: bool) -> tuple[int, ...] | None:
    """By pydicom's own reading of offset tables and markers; None where it finds other frames than are said."""
    file.seek(at)
    head = file.read(ITEM_HEAD)
    begin = at + ITEM_HEAD + int.from_bytes(head[4:], "little" if little else "big")
    offsets = [begin]
    file.seek(at)
    try:
        for fragments in generate_fragmented_frames(file, number_of_frames=frames):
            offsets.append(offsets[-1] + sum(ITEM_HEAD + len(each) for each in fragments))
    except Exception:  # pydicom raises whatever a file makes it stumble over
        return None
    return tuple(offsets) if len(offsets) == frames + 1 else None


def _whole(dataset: Dataset, tag: BaseTag) -> int | None:
    raw = dataset.get_item(tag, keep_deferred=True)
    if isinstance(raw, RawDataElement) and (plain := plain_values(raw, "US")) is not None and len(plain) == 1:
        return int(plain[0])
    try:
        return int(dataset[tag].value)
    except Exception:  # not there, of no value, or of one that is no number
        return None


def _colours(dataset: Dataset) -> str:
    raw = dataset.get_item(COLOURS, keep_deferred=True)
    plain = plain_values(raw, "CS") if isinstance(raw, RawDataElement) else None
    if plain is not None and len(plain) == 1:
        return str(plain[0])
    try:
        return str(dataset[COLOURS].value)
    except Exception:  # not there, or unreadable
        return ""
