"""The image pixel module of a file (PS3.3 C.7.6.3), with what one bad attribute leaves open filled from the others.

Where the attributes and the data cannot be brought together there is no picture: CannotShow says why.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from pydicom import Dataset
from pydicom.pixels import iter_pixels
from pydicom.uid import (
    JPEG2000TransferSyntaxes,
    JPEGExtended12Bit,
    JPEGLSTransferSyntaxes,
    MPEGTransferSyntaxes,
    RLELossless,
)

from studies.pixels.codestream import Codestream
from studies.pixels.image_file import CannotShow, ImageFile, whole
from studies.renderer import (
    FEWER_VALUES,
    NO_BITS,
    NO_DECODER,
    NO_PHOTOMETRIC,
    NO_PLANES,
    NO_SIGN,
    NO_SIZE,
    OTHER_SAMPLES,
    TOO_LARGE,
    VIDEO,
)

Array: TypeAlias = np.ndarray[Any, Any]

FLOAT_BITS = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}
PALETTE = "PALETTE COLOR"  # allowed: a value of DICOM
# How writers spell it, blanks and underscores aside, and how the standard does.
PHOTOMETRIC = {
    re.sub("[ _]", "", name): name
    for name in (
        "MONOCHROME1",
        "MONOCHROME2",
        PALETTE,
        "RGB",
        "YBR_FULL",
        "YBR_FULL_422",
        "YBR_PARTIAL_420",
        "YBR_PARTIAL_422",
        "YBR_ICT",
        "YBR_RCT",
    )
}
ONE_SAMPLE = {"MONOCHROME1", "MONOCHROME2", PALETTE}
CONTAINERS = (1, 8, 16, 32, 64)
HALF_OF_THE_COLOURS = {"YBR_FULL_422", "YBR_PARTIAL_422"}
MOST_PIXELS = 120_000_000


@dataclass(frozen=True, kw_only=True)
class ImageModule:
    """How the values of an image are stored, in a container of `allocated` bits; `signed` is None where it is open."""

    file: ImageFile
    rows: int
    columns: int
    photometric: str
    samples: int
    frames: int
    allocated: int
    stored: int
    high: int
    signed: bool | None

    @classmethod
    def read(cls, file: ImageFile) -> "ImageModule":
        ds, keyword, stream = file.ds, file.keyword, file.codestream
        if file.syntax in MPEGTransferSyntaxes:
            raise CannotShow(VIDEO)
        if file.syntax == JPEGExtended12Bit and stream is not None and stream.precision > 8:
            raise CannotShow(NO_DECODER)
        rows = whole(ds, "Rows") or (stream.rows if stream else 0)
        columns = whole(ds, "Columns") or (stream.columns if stream else 0)
        if rows <= 0 or columns <= 0:
            raise CannotShow(NO_SIZE)
        photometric = PHOTOMETRIC.get(
            re.sub(r"[\s_\0]", "", str(ds.get("PhotometricInterpretation") or "").upper())
        )
        if photometric is None:
            raise CannotShow(NO_PHOTOMETRIC)
        values = rows * columns * (1 if photometric in ONE_SAMPLE else 3)
        allocated, stored, high = _bits(file, values * max(whole(ds, "NumberOfFrames") or 1, 1))
        samples = _samples(file, photometric, pixels=rows * columns, bits=allocated)
        if rows * columns * samples > MOST_PIXELS:
            raise CannotShow(TOO_LARGE)
        if samples > 1 and not file.syntax.is_encapsulated and whole(ds, "PlanarConfiguration") not in (0, 1):
            raise CannotShow(NO_PLANES)
        module = cls(
            file=file,
            rows=rows,
            columns=columns,
            photometric=photometric,
            samples=samples,
            frames=1,
            allocated=allocated,
            stored=stored,
            high=high,
            signed=_signed(ds, keyword, stream, samples, photometric),
        )
        return module._with_frames(whole(ds, "NumberOfFrames"))

    @property
    def is_float(self) -> bool:
        return self.file.keyword in FLOAT_BITS

    @property
    def is_container(self) -> bool:
        """Whether what is decoded is the container with its unused bits, not yet the values."""
        syntax = self.file.syntax
        return not self.is_float and (
            syntax not in JPEG2000TransferSyntaxes and syntax not in JPEGLSTransferSyntaxes
        )

    @property
    def frame_bits(self) -> int:
        bits = self.rows * self.columns * self.samples * self.allocated
        return bits * 2 // 3 if self.photometric in HALF_OF_THE_COLOURS else bits

    @property
    def has_more_data(self) -> bool:
        """Whether there is data for another frame than those that are declared."""
        native = not self.file.syntax.is_encapsulated
        return native and self.file.length * 8 >= self.frame_bits * (self.frames + 1)

    @property
    def declared_frames(self) -> int:
        return whole(self.file.ds, "NumberOfFrames") or 1

    def _with_frames(self, declared: int | None) -> "ImageModule":
        """As many frames as are declared and there is data for; one where no number can be read."""
        frames = declared if declared is not None and declared > 0 else 1
        if not self.file.syntax.is_encapsulated:
            frames = min(frames, self.file.length * 8 // self.frame_bits)
        if not frames:
            raise CannotShow(FEWER_VALUES)
        return replace(self, frames=frames)

    def decoded(self, shown: range, *, raw: bool) -> Iterator[tuple[Array, Array]]:
        """Each frame's values, with what they were taken out of; where it is not raw, in red, green and blue."""
        options: dict[str, Any] = {
            "rows": self.rows,
            "columns": self.columns,
            "samples_per_pixel": self.samples,
            "photometric_interpretation": self.photometric,
            "number_of_frames": self.frames,
            "bits_allocated": self.allocated,
        }
        if not self.is_float:
            options["bits_stored"] = self.allocated if self._is_native else self.stored
            options["pixel_representation"] = int(bool(self.signed) and not self.is_container)
        if self.samples > 1:
            planes = whole(self.file.ds, "PlanarConfiguration")
            options["planar_configuration"] = planes if planes in (0, 1) else 0
        for array in iter_pixels(self.file.source, indices=shown, raw=raw, **options):
            yield (self._values(array) if self.is_container else array), array

    @property
    def _is_native(self) -> bool:
        return not self.file.syntax.is_encapsulated or self.file.syntax == RLELossless

    def _values(self, container: Array) -> Array:
        """The stored bits of each container, up to the high bit, with their sign."""
        if container.dtype.kind not in "iu" or self.allocated == 1:
            return container
        low = self.high + 1 - self.stored
        top = 1 << (self.stored - 1)
        values = container.view(container.dtype.str.replace("i", "u"))
        if low or self.stored < 8 * container.dtype.itemsize:
            values = (values >> low) & ((1 << self.stored) - 1)
        signed = self.signed if self.signed is not None else self._looks_signed(container, values)
        if not signed:
            return values
        return (values.astype(np.int64) ^ top) - top

    def _looks_signed(self, container: Array, values: Array) -> bool:
        """Where the file does not say it: by the bits above the high bit, which repeat the sign of a negative value."""
        unsigned = container.view(container.dtype.str.replace("i", "u"))
        negative = unsigned[(values >> (self.stored - 1)).astype(bool)]
        if not negative.size:
            return False
        above = negative >> (self.high + 1) if self.high + 1 < self.allocated else np.array([])
        ones = (1 << (self.allocated - self.high - 1)) - 1
        if above.size and (above == ones).all():
            return True
        if above.size and not above.any():
            return False
        raise CannotShow(NO_SIGN)

    @property
    def lowest(self) -> float:
        """The least value that can be stored."""
        if self.is_float:
            return -np.inf
        return -(1 << (self.stored - 1)) if self.signed else 0

    @property
    def greatest(self) -> float:
        return np.inf if self.is_float else (1 << (self.stored - bool(self.signed))) - 1


def _samples(file: ImageFile, photometric: str, *, pixels: int, bits: int) -> int:
    """What the photometric interpretation asks for, where the data have as many."""
    samples = 1 if photometric in ONE_SAMPLE else 3
    if (stream := file.codestream) is not None:
        if stream.samples != samples:
            raise CannotShow(OTHER_SAMPLES)
        return samples
    declared = whole(file.ds, "SamplesPerPixel")
    if declared in (None, samples):
        return samples
    # Two attributes disagree: the amount of data decides.
    frames = max(whole(file.ds, "NumberOfFrames") or 1, 1)
    needed = -(-pixels * samples * frames * bits // 8)
    if file.syntax.is_encapsulated or file.length not in (needed, needed + 1):
        raise CannotShow(OTHER_SAMPLES)
    return samples


def _bits(file: ImageFile, values: int) -> tuple[int, int, int]:
    """Bits allocated and stored, and the high bit; what a codestream says of itself goes before what is declared."""
    ds, stream = file.ds, file.codestream
    if file.keyword in FLOAT_BITS:
        return FLOAT_BITS[file.keyword], FLOAT_BITS[file.keyword], FLOAT_BITS[file.keyword] - 1
    stored, high = whole(ds, "BitsStored") or 0, whole(ds, "HighBit")
    if stream is not None:
        allocated, usable = 8 * -(-stream.precision // 8), stream.precision
    else:
        usable = allocated = _allocated(file, whole(ds, "BitsAllocated") or 0, stored, values)
    if allocated not in CONTAINERS:
        raise CannotShow(NO_BITS)
    if not 1 <= stored <= usable:
        stored = usable
    if high is None or not stored - 1 <= high < usable:
        high = stored - 1
    return allocated, stored, high


def _allocated(file: ImageFile, declared: int, stored: int, values: int) -> int:
    """As declared; where that cannot be, or cannot hold what is stored, as the amount of data asks for."""
    if file.syntax.is_encapsulated:
        return declared
    # A last byte may be there to make the length even.
    fitting = [bits for bits in CONTAINERS if file.length - -(-values * bits // 8) in (0, 1)]
    if declared in CONTAINERS and (stored <= declared or declared in fitting):
        return declared
    return next((bits for bits in fitting if bits >= stored), 0)


def _signed(
    ds: Dataset, keyword: str, stream: Codestream | None, samples: int, photometric: str
) -> bool | None:
    if keyword in FLOAT_BITS or samples > 1 or photometric == PALETTE:
        return False
    declared = whole(ds, "PixelRepresentation")
    if declared in (0, 1):
        return bool(declared)
    return stream.signed if stream is not None else None
