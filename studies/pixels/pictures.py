"""Frames as pictures: the right window, polarity, colours and shape."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom import Dataset, config
from pydicom.pixels import apply_color_lut

from studies.pixels.grey import GreyValues, Window, grey_frames
from studies.pixels.image_file import CannotShow, ImageFile
from studies.pixels.image_module import PALETTE, Array, ImageModule
from studies.pixels.overlays import Overlays
from studies.renderer import (
    FRAMES_SHOWN,
    MORE_DATA,
    NO_PALETTE,
    OVERLAYS_DRAWN,
    OVERLAYS_LEFT_OUT,
    UNCALIBRATED,
    WINDOW_OF_COLOURS,
    frames_left_out,
)

config.settings.reading_validation_mode = config.IGNORE

LONGEST_SIDE = 2048


class ImageObject:
    """An object with an image: its pictures, and what is to be said beside them."""

    def __init__(self, path: Path | str) -> None:
        self.file = ImageFile.opened(path)
        self.module = ImageModule.read(self.file)
        self.overlays = Overlays(self.module)
        self.shown = range(min(self.module.frames, FRAMES_SHOWN))

    def pictures(self) -> Iterator[Image.Image]:
        """The first frames, at most FRAMES_SHOWN, in their true shape."""
        shape = _true_shape(self.module)
        for array in self._frames_8bit(self.shown):
            picture = Image.fromarray(array)
            yield picture.resize(shape, Image.Resampling.BILINEAR) if shape else picture

    def picture(self, index: int, window: Window | None) -> Image.Image:
        """A frame with its pixels as they are, square or not; grey by the window where one is given."""
        [array] = self._frames_8bit(range(index, index + 1), window)
        return Image.fromarray(array)

    def notes(self) -> list[str]:
        """What the pictures leave out of the object, a sentence each."""
        notes = []
        declared = max(self.module.declared_frames, self.module.frames)
        if len(self.shown) < declared:
            notes.append(frames_left_out(len(self.shown), declared))
        elif self.module.has_more_data:
            notes.append(MORE_DATA)
        return notes + self.warnings()

    def warnings(self, window: Window | None = None) -> list[str]:
        """What is to be said of each single picture, by the window that was asked for."""
        has_colours = self.module.samples > 1 or self.module.photometric == PALETTE
        notes = [WINDOW_OF_COLOURS] if window is not None and has_colours else []
        if self.overlays.are_drawn:
            notes.append(OVERLAYS_DRAWN)
        if self.overlays.are_left_out:
            notes.append(OVERLAYS_LEFT_OUT)
        if self.module.photometric.startswith("MONOCHROME") and not GreyValues(self.module, 0).is_calibrated:
            notes.append(UNCALIBRATED)
        return notes

    def _frames_8bit(self, shown: range, window: Window | None = None) -> Iterator[Array]:
        """With what overlays draw on them in white."""
        if self.module.samples > 1 or self.module.photometric == PALETTE:
            frames = self.coloured(shown)
        else:
            frames = grey_frames(self.module, shown, window=window, compared=self.shown)
        for index, (array, container) in zip(shown, frames, strict=False):
            mask = self.overlays.mask(index, container)
            if mask is not None:
                array = array.copy()
                array[mask] = 255
            yield array

    def coloured_frames(self, shown: range) -> Iterator[Array]:
        """Red, green and blue, 8 bits each, and no overlays."""
        for array, _ in self.coloured(shown):
            yield array

    def coloured(self, shown: range) -> Iterator[tuple[Array, Array]]:
        """The same, each with what it was taken out of."""
        is_palette = self.module.samples == 1
        for values, container in self.module.decoded(shown, raw=is_palette):
            yield (
                _coloured(values, self.file.ds) if is_palette else _to_8bit(values, self.module.stored),
                container,
            )


def pictures(path: Path | str) -> Iterator[Image.Image]:
    yield from ImageObject(path).pictures()


def _coloured(values: Array, ds: Dataset) -> Array:
    try:
        colours = apply_color_lut(values, ds)[..., :3]
    except Exception:  # a table that is missing, empty or of no known kind
        raise CannotShow(NO_PALETTE) from None
    return _to_8bit(colours, 16 if colours.dtype == np.uint16 and colours.max(initial=0) > 255 else 8)


def _to_8bit(array: Array, bits: int) -> Array:
    if bits == 8 and array.dtype == np.uint8:
        return array
    return np.clip(array.astype(np.float64) * (255 / (2**bits - 1)) + 0.5, 0, 255).astype(np.uint8)


def _true_shape(module: ImageModule) -> tuple[int, int] | None:
    """Width and height where pixels are not square, or the picture is larger than we show; else None."""
    height, width = module.rows, module.columns
    tall, wide = _pixel_shape(module.file.ds)
    if abs(tall / wide - 1) > 0.01:
        if tall > wide:
            height = round(height * tall / wide)
        else:
            width = round(width * wide / tall)
    shrink = min(1, LONGEST_SIDE / max(height, width))
    shape = max(round(width * shrink), 1), max(round(height * shrink), 1)
    return None if shape == (module.columns, module.rows) else shape


def pixel_ratio(module: ImageModule) -> float:
    """How much taller than wide a pixel is."""
    tall, wide = _pixel_shape(module.file.ds)
    return tall / wide


def _pixel_shape(ds: Dataset) -> tuple[float, float]:
    for word in ("PixelAspectRatio", "PixelSpacing", "ImagerPixelSpacing"):
        try:
            tall, wide = (float(number) for number in ds.get(word))
        except Exception:  # pydicom raises whatever the value made it stumble over
            continue
        # Beyond that it is a mistake, such as a spacing of nought.
        if tall > 0 and wide > 0 and 0.1 < tall / wide < 10:
            return tall, wide
    return 1.0, 1.0
