"""Overlay planes of an image (PS3.3 C.9.2 and C.9.3): bitmaps of drawings, text or regions that lie over it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.pixels.utils import unpack_bits
from pydicom.uid import ExplicitVRBigEndian

from studies.pixels.image_file import whole
from studies.pixels.image_module import MOST_PIXELS, Array, ImageModule

# Even groups; each plane has one.
GROUPS = range(0x6000, 0x6020, 2)
ROWS, COLUMNS, FRAMES, TYPE = 0x0010, 0x0011, 0x0015, 0x0040
ORIGIN, FIRST_FRAME, BITS, POSITION, DATA = 0x0050, 0x0051, 0x0100, 0x0102, 0x3000
REGION = "R"


@dataclass(frozen=True)
class Plane:
    """`data` are the bits of the plane, frame after frame; without them the plane is the bit `position` of each pixel.

    It begins at `top` and `left` of the image, counted from nought. `first` is the frame of the image that its own
    first frame belongs to; None where it belongs to all of them.
    """

    rows: int
    columns: int
    top: int
    left: int
    frames: int
    first: int | None
    is_region: bool
    data: bytes | None
    position: int

    def bits(self, index: int, container: Array) -> Array | None:
        """The plane of a frame of the image, as rows and columns of 0 and 1; None for a frame without a plane."""
        at = 0 if self.first is None else index - self.first
        if not 0 <= at < self.frames:
            return None
        if self.data is None:
            return (container >> self.position) & 1
        size = self.rows * self.columns
        begin = at * size // 8
        bits = unpack_bits(self.data[begin : -(-(at + 1) * size // 8)])
        start = at * size - begin * 8
        return bits[start : start + size].reshape(self.rows, self.columns)


class Overlays:
    """The overlays of an image: the planes that can be drawn, and whether there is a plane that cannot."""

    def __init__(self, module: ImageModule) -> None:
        self.module, self.ds = module, module.file.ds

    @cached_property
    def _read(self) -> list[Plane | None]:
        """The plane of each group that shows something; None for a plane that cannot be read."""
        return [self._plane(group) for group in GROUPS if _has_bits(self.ds, group)]

    @property
    def are_drawn(self) -> bool:
        return any(plane is not None for plane in self._read)

    @property
    def are_left_out(self) -> bool:
        return None in self._read

    def mask(self, index: int, container: Array) -> Array | None:
        """Where something is drawn on a frame; None where nothing is. `container`: what its values were taken from."""
        whole_mask = np.zeros((self.module.rows, self.module.columns), dtype=bool)
        for plane, bits in self._of(index, container):
            drawn = _outline(bits) if plane.is_region else bits.astype(bool)
            top, left = max(plane.top, 0), max(plane.left, 0)
            inside = whole_mask[
                top : max(plane.top + plane.rows, 0), left : max(plane.left + plane.columns, 0)
            ]
            down, across = top - plane.top, left - plane.left
            inside |= drawn[down : down + inside.shape[0], across : across + inside.shape[1]]
        return whole_mask if whole_mask.any() else None

    def _of(self, index: int, container: Array) -> Iterator[tuple[Plane, Array]]:
        for plane in self._read:
            bits = plane.bits(index, container) if plane is not None else None
            if plane is not None and bits is not None:
                yield plane, bits

    def _plane(self, group: int) -> Plane | None:
        tag, ds, module = group << 16, self.ds, self.module
        position = whole(ds, tag | POSITION) or 0
        if tag | DATA not in ds:
            # As it was done before 2004: in a bit that the pixels do not use.
            used = range(module.high + 1 - module.stored, module.high + 1)
            is_there = module.is_container and 0 < position < module.allocated and position not in used
            if not is_there or module.samples > 1:
                return None
            return Plane(
                module.rows, module.columns, 0, 0, module.frames, 0, self._is_region(tag), None, position
            )
        rows, columns = whole(ds, tag | ROWS) or 0, whole(ds, tag | COLUMNS) or 0
        frames, first = whole(ds, tag | FRAMES), whole(ds, tag | FIRST_FRAME)
        data = self._data(tag)
        is_sound = 0 < rows * columns <= MOST_PIXELS and whole(ds, tag | BITS) in (None, 1) and position == 0
        if not is_sound or rows < 0 or len(data) * 8 < rows * columns * max(frames or 1, 1):
            return None
        top, left = _origin(ds, tag)
        belongs_to_all = frames is None and first is None
        return Plane(
            rows, columns, top, left, max(frames or 1, 1), None if belongs_to_all else max(first or 1, 1) - 1,
            self._is_region(tag), data, 0,
        )  # fmt: skip

    def _is_region(self, tag: int) -> bool:
        element = self.ds.get(tag | TYPE)
        return str(element.value if element is not None else "").strip().upper() == REGION

    def _data(self, tag: int) -> bytes:
        """With the bits of a byte as in little endian."""
        try:
            element = self.ds[tag | DATA]
            data = element.value
        except Exception:  # pydicom raises whatever the value made it stumble over
            return b""
        if not isinstance(data, bytes | bytearray):
            return b""
        if self.module.file.syntax == ExplicitVRBigEndian and element.VR == "OW":
            return np.frombuffer(data[: len(data) // 2 * 2], dtype=">u2").astype("<u2").tobytes()
        return bytes(data)


def _outline(bits: Array) -> Array:
    """The edge of a region; the image inside the region stays visible."""
    padded = np.pad(bits.astype(bool), 1)
    within = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return padded[1:-1, 1:-1] & ~within


def _origin(ds: Dataset, tag: int) -> tuple[int, int]:
    """Row and column of its first pixel, from nought; the file counts from 1."""
    try:
        row, column = (int(each) for each in ds[tag | ORIGIN].value)
    except Exception:  # pydicom raises whatever the value made it stumble over
        return 0, 0
    return row - 1, column - 1


def _has_bits(ds: Dataset, group: int) -> bool:
    """Whether a plane has a bit set, or lies in unused bits of the pixels."""
    tag = group << 16
    if tag | DATA in ds:
        try:
            data: Any = ds[tag | DATA].value
        except Exception:  # pydicom raises whatever the value made it stumble over
            return True
        return bool(data.strip(b"\0")) if isinstance(data, bytes | bytearray) else bool(data)
    if tag | ROWS not in ds:
        return False
    return bool(whole(ds, tag | POSITION))
