"""Frames as lossless HTJ2K in three parts: the first is a coarse picture, with the head a reduced one, all the values.

Each frame is decoded again and compared bit by bit with what the file's own decoder gave before it counts. Colours
become red, green and blue as in the pictures; grey values stay as stored.
"""

import time
import zlib
from collections.abc import Iterator
from struct import Struct
from typing import Any

import numpy as np
from pydicom.uid import JPEGBaseline8Bit, JPEGExtended12Bit

from studies.pixels.grey import GreyValues
from studies.pixels.image_file import CannotShow
from studies.pixels.image_module import Array
from studies.pixels.pictures import ImageObject
from studies.renderer import FLOATING, NO_DECODER, NO_SIGN, NOT_EXACT, TABLE_OF_VALUES, TOO_WIDE

# The longer side of the picture, at most, that the first part gives by itself, and that it gives with the head.
COARSE, REDUCED = 64, 128
LEAST_LEVELS = 5
START, SEGMENT, TILE_PART, END = 2, Struct(">HH"), Struct(">HHHI"), b"\xff\xd9"
SOT = 0xFF90
# Changes of a table of grey values: one that only rises has 256.
MOST_GREYS = 1024
# Where each frame may have another table.
MOST_GREYS_OF_FRAMES = 256
# After so long the answer names the frame that is next: one job never lasts as long as the patience of who asked.
SECONDS = 30
# JPEG 2000 and JPEG-LS can be either: of these the attributes say it.
ALWAYS_LOSSY = frozenset({JPEGBaseline8Bit, JPEGExtended12Bit})
# What viewers of a page decode: whole numbers of 16 bits at most.
TYPES = (np.uint8, np.uint16, np.int16)


def reductions_of(rows: int, columns: int, side: int) -> int:
    """How many times a picture is halved until its longer side is at most so long."""
    longest, times = max(rows, columns), 0
    while -(-longest // (1 << times)) > side:
        times += 1
    return times


def reduced_size(rows: int, columns: int, side: int) -> tuple[int, int]:
    half = 1 << reductions_of(rows, columns, side)
    return -(-rows // half), -(-columns // half)


def encoded(values: Array) -> tuple[bytes, bytes, bytes]:
    """Coarse part, head and tail of a frame, which make its codestream; raises CannotShow where it is not exact.

    A frame that is small enough is whole with the first part, or with the head: what follows is empty.
    """
    # Loaded here: whoever only wants pictures does without it.
    import imagecodecs

    rows, columns = values.shape[:2]
    levels = max(LEAST_LEVELS, reductions_of(rows, columns, COARSE))
    values = np.ascontiguousarray(values)
    stream = bytes(
        imagecodecs.htj2k_encode(values, reversible=True, tlm=True, tilepart=1, resolutions=levels)
    )
    again = imagecodecs.htj2k_decode(stream)
    if again.dtype != values.dtype or not np.array_equal(again.reshape(values.shape), values):
        raise CannotShow(NOT_EXACT)
    ends = [*tile_part_ends(stream)]
    if len(ends) != levels + 1 or stream[ends[-1] :] != END:
        raise CannotShow(NOT_EXACT)
    # The last part has the marker that ends a codestream.
    ends[-1] = len(stream)
    coarse, reduced = (ends[levels - reductions_of(rows, columns, side)] for side in (COARSE, REDUCED))
    return stream[:coarse], stream[coarse:reduced], stream[reduced:]


def tile_part_ends(stream: bytes) -> Iterator[int]:
    """Where each tile-part of a codestream ends; each holds one more resolution."""
    at = START
    while at + TILE_PART.size <= len(stream):
        marker, length = SEGMENT.unpack_from(stream, at)
        if marker != SOT:
            at += 2 + length
            continue
        *_, size = TILE_PART.unpack_from(stream, at)
        at += size
        yield at


def overlaid(mask: Array | None) -> bytes:
    """The pixels that an overlay draws: a bit for each, from the first row on, deflated; empty without any."""
    return b"" if mask is None else zlib.compress(np.packbits(mask).tobytes(), 9)


def packed(job: dict[str, Any]) -> dict[str, Any]:
    """Append the parts and overlays of a file's frames, from the `first` on, to four files; each one's bytes."""
    image, until = ImageObject(job["source"]), time.monotonic() + SECONDS
    values = _Values(image)
    sizes, overlay_sizes = [], []
    with (
        open(job["coarse"], "ab") as coarse,
        open(job["heads"], "ab") as heads,
        open(job["tails"], "ab") as tails,
        open(job["overlays"], "ab") as overlays,
    ):
        for array, mask in values.frames(range(job["first"], image.module.frames)):
            parts = encoded(array)
            overlay = overlaid(mask)
            for file, part in zip((coarse, heads, tails), parts, strict=True):
                file.write(part)
            overlays.write(overlay)
            sizes.append([len(part) for part in parts])
            overlay_sizes.append(len(overlay))
            if time.monotonic() > until:
                break
    return {
        "sizes": sizes,
        "overlay_sizes": overlay_sizes,
        "luts": values.luts(range(job["first"], job["first"] + len(sizes))),
        "of": image.module.frames,
        "declared": image.module.declared_frames,
        **values.described,
    }


class _Values:
    """The values of an image as they are packed: of one type for all frames, and what is to be said of them."""

    def __init__(self, image: ImageObject) -> None:
        self.image, self.module = image, image.module
        self.least, self.greatest = np.inf, -np.inf
        self.is_grey = self.module.photometric.startswith("MONOCHROME")
        self.type: np.dtype[Any] = self._grey_type() if self.is_grey else np.dtype(np.uint8)

    def _grey_type(self) -> np.dtype[Any]:
        grey = GreyValues(self.module, 0)
        if self.module.is_float:
            raise CannotShow(FLOATING)
        if grey.modality_table is not None or not grey.is_calibrated:
            raise CannotShow(TABLE_OF_VALUES)
        lowest, greatest = int(self.module.lowest), int(self.module.greatest)
        for kind in TYPES:
            if np.iinfo(kind).min <= lowest and greatest <= np.iinfo(kind).max:
                return np.dtype(kind)
        if self.module.signed is None and self.module.frames > 1:
            raise CannotShow(NO_SIGN)
        # A wide container may hold small numbers; each frame is asked.
        return np.dtype(np.int16 if self.module.signed else np.uint16)

    def frames(self, shown: range) -> Iterator[tuple[Array, Array | None]]:
        """Each with the pixels on which overlays draw."""
        overlays = self.image.overlays
        if not self.is_grey:
            for index, (array, container) in zip(shown, self.image.coloured(shown), strict=False):
                yield array, overlays.mask(index, container)
            return
        for index, (raw, container) in zip(shown, self.module.decoded(shown, raw=True), strict=False):
            yield self._exact(raw), overlays.mask(index, container)
            self._measure(raw[GreyValues(self.module, index).picture(raw, container)])

    def _exact(self, raw: Array) -> Array:
        if raw.dtype.kind not in "iu" or raw.ndim != 2:
            raise CannotShow(NO_DECODER)
        limits = np.iinfo(self.type)
        if raw.size and (int(raw.min()) < limits.min or int(raw.max()) > limits.max):
            # A sign that the file does not say is known only now.
            if self.module.signed is not None or self.type == np.int16 or int(raw.min()) >= 0:
                raise CannotShow(TOO_WIDE)
            self.type = np.dtype(np.int16)
            return self._exact(raw)
        return raw.astype(self.type)

    def _measure(self, values: Array) -> None:
        """From the least to the greatest value, padding left out."""
        if values.size:
            self.least = min(self.least, int(values.min()))
            self.greatest = max(self.greatest, int(values.max()))

    def luts(self, frames: range) -> list[list[list[int]] | None]:
        """Of each frame the greys of its table, each from a value on; None without any or where a window goes first."""
        if not self.is_grey:
            return [None] * len(frames)
        first = GreyValues(self.module, 0)
        if not first.has_tables_of_frames:
            return [first.lut(MOST_GREYS)] * len(frames)
        return [GreyValues(self.module, index).lut(MOST_GREYS_OF_FRAMES) for index in frames]

    @property
    def described(self) -> dict[str, Any]:
        rows, columns = self.module.rows, self.module.columns
        padding = GreyValues(self.module, 0).padding if self.is_grey else None
        return {
            "rows": rows,
            "columns": columns,
            "coarse": reduced_size(rows, columns, COARSE),
            "reduced": reduced_size(rows, columns, REDUCED),
            "bits": 8 * self.type.itemsize,
            "signed": self.type.kind == "i",
            "samples": 1 if self.is_grey else 3,
            "photometric": self.module.photometric if self.is_grey else "RGB",
            "range": [int(self.least), int(self.greatest)] if self.least <= self.greatest else None,
            "padding": [int(end) for end in padding] if padding else None,
            "is_lossy": self.image.file.syntax in ALWAYS_LOSSY,
            "overlays": self.image.overlays.are_left_out,
            "overlays_drawn": self.image.overlays.are_drawn,
            "more": self.module.has_more_data,
        }
