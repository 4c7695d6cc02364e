"""Frames as pictures: the right window, polarity and colours, as PNG.

`python -m studies.pixels` is the renderer, a process of its own: the decoders are C code fed by strangers, and they
may crash, hang or eat all memory. It knows no database and no secret, and limits itself (see `_confine`). It reads a
job a line (`{"source", "folder"}`) and answers with a line (`{"frames", "note"}` or `{"error"}`).
"""

import json
import os
import resource
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from PIL import Image
from pydicom import Dataset, config, dcmread
from pydicom.filereader import read_partial
from pydicom.pixels import apply_color_lut, iter_pixels
from pydicom.uid import DeflatedExplicitVRLittleEndian, MPEGTransferSyntaxes

from studies.renderer import FRAMES_SHOWN, UNREADABLE

config.settings.reading_validation_mode = config.IGNORE

LONGEST_SIDE = 2048
THUMBNAIL = 160
MOST_PIXELS = 120_000_000
MEMORY = 3 * 1024**3
CPU_SECONDS = 240

TOO_LARGE = "The image is too large to show here."
NO_IMAGE_DATA = "It holds no image data."

Array: TypeAlias = np.ndarray[Any, Any]
ALL = ...
Source: TypeAlias = Path | str | Dataset


class CannotShow(Exception):
    """With a note for the reader in place of the picture."""


class Window(NamedTuple):
    center: float
    width: float
    function: str = "LINEAR"


def frames_of(ds: Dataset) -> int:
    try:
        return max(int(ds.get("NumberOfFrames") or 1), 1)
    except (TypeError, ValueError):
        return 1


def pictures(path: Path | str) -> Iterator[Image.Image]:
    """The first frames of an object, at most FRAMES_SHOWN, in their true shape."""
    ds, source = _opened(path)
    if not any(tag in ds for tag in (0x7FE00010, 0x7FE00008, 0x7FE00009)):
        raise CannotShow(NO_IMAGE_DATA)
    syntax = ds.file_meta.get("TransferSyntaxUID")
    if syntax in MPEGTransferSyntaxes:
        raise CannotShow("This is a video. It cannot be shown here.")
    if int(ds.Rows) * int(ds.Columns) * int(ds.get("SamplesPerPixel") or 1) > MOST_PIXELS:
        raise CannotShow(TOO_LARGE)
    shown = range(min(frames_of(ds), FRAMES_SHOWN))
    shape = _true_shape(ds)
    for array in _frames_8bit(ds, source, shown):
        picture = Image.fromarray(array)
        yield picture.resize(shape, Image.Resampling.BILINEAR) if shape else picture


def _opened(path: Path | str) -> tuple[Dataset, Source]:
    """The object without its pixels, and where frames are read from one by one."""
    with open(path, "rb") as file:
        syntax = read_partial(file, lambda tag, vr, length: tag >> 16 > 2).file_meta.get("TransferSyntaxUID")
    if syntax == DeflatedExplicitVRLittleEndian:
        # Unpacked in memory as a whole: what that may come to was limited when it was taken in.
        ds = dcmread(path)
        return ds, ds
    return dcmread(path, defer_size="1 MB"), path


def _frames_8bit(ds: Dataset, source: Source, shown: range) -> Iterator[Array]:
    if int(ds.get("SamplesPerPixel") or 1) > 1:
        for array in iter_pixels(source, indices=shown):
            yield _to_8bit(array, _bits(ds))
    elif ds.get("PhotometricInterpretation") == "PALETTE COLOR":
        for array in iter_pixels(source, indices=shown):
            colours = apply_color_lut(array, ds)[..., :3]
            yield _to_8bit(colours, 16 if colours.dtype == np.uint16 and colours.max(initial=0) > 255 else 8)
    else:
        yield from _grey_frames(ds, source, shown)


def _to_8bit(array: Array, bits: int) -> Array:
    if bits == 8 and array.dtype == np.uint8:
        return array
    return np.clip(array.astype(np.float64) * (255 / (2**bits - 1)) + 0.5, 0, 255).astype(np.uint8)


def _bits(ds: Dataset) -> int:
    return int(ds.get("BitsStored") or ds.get("BitsAllocated") or 8)


# Grey pictures: modality values, then the window, then polarity (PS3.4 N.2)


def _grey_frames(ds: Dataset, source: Source, shown: range) -> Iterator[Array]:
    inverse = ds.get("PhotometricInterpretation") == "MONOCHROME1"
    everything: Window | None = None
    for index, raw in zip(shown, iter_pixels(source, indices=shown), strict=False):
        how = _Grey(ds, index)
        picture = how.picture(raw)
        grey = _mapped(raw, how.voi) if how.has_voi else None
        if grey is None or (_is_flat(grey[picture]) and not _is_flat(raw[picture])):
            # No window, or one that shows nothing of the picture: from the least to the greatest value of all frames.
            everything = everything or _span(ds, source, shown)
            grey = _mapped(raw, partial(how.windowed, window=everything))
        if inverse:
            grey = 255 - grey
        if picture is not ALL:
            grey[~picture] = 0
        yield grey


def _mapped(raw: Array, function: Callable[[Array], Array]) -> Array:
    """The grey of each pixel; whole numbers go through a table of all values between the least and the greatest."""
    if raw.dtype.kind in "iu" and raw.size:
        least, greatest = int(raw.min()), int(raw.max())
        if greatest - least < min(raw.size, 2**16):
            table = _rounded(function(np.arange(least, greatest + 1)))
            return table[raw.astype(np.int64) - least]
    return _rounded(function(raw))


def _rounded(grey: Array) -> Array:
    return np.clip(np.nan_to_num(grey) + 0.5, 0, 255).astype(np.uint8)


def _is_flat(values: Array) -> bool:
    return not values.size or bool(values.min() == values.max())


def windowed(values: Array, window: Window) -> Array:
    """Between 0 and 255, by the functions of PS3.3 C.11.2.1.2 and C.11.2.1.3."""
    values = values.astype(np.float64)
    center, width, function = window
    if function == "SIGMOID":
        return 255 / (1 + np.exp(np.clip(-4 * (values - center) / width, -700, 700)))
    if function == "LINEAR":
        center, width = center - 0.5, width - 1
    if width <= 0:
        return np.where(values > center, 255.0, 0.0)
    return np.clip(((values - center) / width + 0.5) * 255, 0, 255)


def _span(ds: Dataset, source: Source, shown: range) -> Window:
    """From the least to the greatest value of the frames that are shown, padding left out."""
    least, greatest = np.inf, -np.inf
    for index, raw in zip(shown, iter_pixels(source, indices=shown), strict=False):
        how = _Grey(ds, index)
        values = raw[how.picture(raw)]
        values = how.modality(
            np.array([values.min(), values.max()]) if values.dtype.kind in "iu" and values.size else values
        )
        values = values[np.isfinite(values)]
        if values.size:
            least, greatest = min(least, float(values.min())), max(greatest, float(values.max()))
    if greatest < least:
        least = greatest = 0.0
    return Window((least + greatest) / 2, greatest - least, "LINEAR_EXACT")


class _Grey:
    """What one frame says of its own grey values; an enhanced object says it per frame, or once for all."""

    def __init__(self, ds: Dataset, index: int) -> None:
        self.ds = ds
        self.groups = [
            *[
                items[index]
                for items in [ds.get("PerFrameFunctionalGroupsSequence") or []]
                if index < len(items)
            ],
            *list(ds.get("SharedFunctionalGroupsSequence") or [])[:1],
        ]

    def _says(self, macro: str, *, by: str) -> Dataset:
        for group in self.groups:
            if (items := group.get(macro)) and by in items[0]:
                return items[0]
        return self.ds

    def modality(self, raw: Array) -> Array:
        says = self._says("PixelValueTransformationSequence", by="RescaleSlope")
        if tables := self.ds.get("ModalityLUTSequence"):
            return looked_up(raw, tables[0], self.ds)
        slope, intercept = _number(says, "RescaleSlope"), _number(says, "RescaleIntercept")
        if slope is None or intercept is None or (slope, intercept) == (1, 0) or slope == 0:
            return raw
        return raw.astype(np.float64) * slope + intercept

    @property
    def has_voi(self) -> bool:
        return self.window is not None or bool(self.ds.get("VOILUTSequence"))

    @cached_property
    def window(self) -> Window | None:
        says = self._says("FrameVOILUTSequence", by="WindowCenter")
        center, width = _number(says, "WindowCenter"), _number(says, "WindowWidth")
        if center is None or width is None or width <= 0:
            return None
        return Window(center, width, says.get("VOILUTFunction") or "LINEAR")

    def voi(self, raw: Array) -> Array:
        """By the first window, else by the first table."""
        if self.window is not None:
            return self.windowed(raw, self.window)
        table = self.ds.VOILUTSequence[0]
        bits = int(table.LUTDescriptor[2])
        return looked_up(self.modality(raw), table, self.ds) * (255 / (2**bits - 1))

    def windowed(self, raw: Array, window: Window) -> Array:
        return windowed(self.modality(raw), window)

    def picture(self, raw: Array) -> Any:
        """Where there is a picture, not only filling: a mask, or ALL."""
        padding = _number(self.ds, "PixelPaddingValue")
        if padding is None:
            return ALL
        limit = _number(self.ds, "PixelPaddingRangeLimit")
        low, high = sorted((padding, padding if limit is None else limit))
        return (raw < low) | (raw > high)


def looked_up(values: Array, table: Dataset, ds: Dataset) -> Array:
    """Values through a table of PS3.3 C.11.1 or C.11.2; below and above it its first and last entry."""
    entries, first, _ = (int(number) for number in table.LUTDescriptor)
    entries = entries or 65_536
    if first > 32_767 and ds.get("PixelRepresentation") == 1:
        first -= 65_536
    data = table.LUTData
    if isinstance(data, bytes):
        little = ds.original_encoding[1] is not False
        narrow = len(data) < 2 * entries
        lut = np.frombuffer(data, dtype="u1" if narrow else "<u2" if little else ">u2")
    else:
        lut = np.asarray(data)
    return lut[np.clip(np.rint(values).astype(np.int64) - first, 0, min(entries, lut.size) - 1)]


def _number(ds: Dataset, word: str) -> float | None:
    """Of a multiple value the first."""
    value = ds.get(word)
    if value is None or value == "":
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) else float(value[0])
    except (TypeError, ValueError, IndexError):
        return None
    return number if np.isfinite(number) else None


def _true_shape(ds: Dataset) -> tuple[int, int] | None:
    """Width and height where pixels are not square, or the picture is larger than we show; else None."""
    height, width = int(ds.Rows), int(ds.Columns)
    tall, wide = _pixel_shape(ds)
    if abs(tall / wide - 1) > 0.01:
        if tall > wide:
            height = round(height * tall / wide)
        else:
            width = round(width * wide / tall)
    shrink = min(1, LONGEST_SIDE / max(height, width))
    shape = max(round(width * shrink), 1), max(round(height * shrink), 1)
    return None if shape == (int(ds.Columns), int(ds.Rows)) else shape


def _pixel_shape(ds: Dataset) -> tuple[float, float]:
    for word in ("PixelAspectRatio", "PixelSpacing", "ImagerPixelSpacing"):
        try:
            tall, wide = (float(number) for number in ds.get(word))
        except (TypeError, ValueError):
            continue
        # Beyond that it is a mistake, such as a spacing of nought.
        if tall > 0 and wide > 0 and 0.1 < tall / wide < 10:
            return tall, wide
    return 1.0, 1.0


# The renderer


def render(source: Path | str, folder: Path | str) -> dict[str, Any]:
    """Write each frame as N.full.png and N.thumb.png into the folder; says how many, and a note where some lack."""
    n = total = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        total = frames_of(dcmread(source, stop_before_pixels=True, specific_tags=["NumberOfFrames"]))
        for n, picture in enumerate(pictures(source), start=1):
            picture.save(Path(folder, f"{n}.full.png"), compress_level=4)
            picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS, reducing_gap=3)
            picture.save(Path(folder, f"{n}.thumb.png"), compress_level=4)
    if n == 0:
        raise CannotShow(UNREADABLE)
    return {"frames": n, "note": f"The first {n} of {total} frames are shown." if n < total else ""}


def _answer(job: dict[str, str]) -> dict[str, Any]:
    try:
        return render(job["source"], job["folder"])
    except CannotShow as cannot:
        return {"error": str(cannot)}
    except MemoryError:
        return {"error": TOO_LARGE}
    except Exception:  # decoders fail in every way there is, and their words may quote the file
        return {"error": UNREADABLE}


def _confine() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS does not know this limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _wind_up() -> None:
    """Each job has so much time: should our parent be killed, nobody else would stop a decoder that hangs."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def main() -> None:
    # What decoders print goes nowhere: it may quote the file, and must not mix with our answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    _confine()
    for line in sys.stdin:
        _wind_up()
        print(json.dumps(_answer(json.loads(line))), file=answers)


if __name__ == "__main__":
    main()
