"""Grey pictures: modality values, then the window or the VOI table, then polarity (PS3.4 N.2)."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any, NamedTuple

import numpy as np
from pydicom import Dataset

from studies.pixels.image_file import CannotShow
from studies.pixels.image_module import Array, ImageModule
from studies.pixels.tables import Table, tables_in
from studies.renderer import WINDOW_UNCALIBRATED

ALL = ...


class Window(NamedTuple):
    center: float
    width: float
    function: str = "LINEAR"


def grey_frames(
    module: ImageModule, shown: range, *, window: Window | None = None, compared: range | None = None
) -> Iterator[tuple[Array, Array]]:
    """Each frame between 0 and 255, by its own window or by one that was asked for; and what it was taken out of.

    Where a frame has none, all that are `compared` are shown alike: those that are shown, if nothing else is said.
    """
    everything = window
    for index, (raw, container) in zip(shown, module.decoded(shown, raw=True), strict=False):
        values = GreyValues(module, index)
        picture = values.picture(raw, container)
        if window is not None and not values.is_calibrated:
            raise CannotShow(WINDOW_UNCALIBRATED)
        grey = _mapped(raw, values.voi) if values.has_voi and window is None else None
        if grey is None or (_is_flat(grey[picture]) and not _is_flat(raw[picture])):
            # No window, or one that shows nothing of the picture: from the least to the greatest value of all frames.
            everything = everything or _span(module, compared or shown)
            grey = _mapped(raw, partial(values.windowed, window=everything))
        if module.photometric == "MONOCHROME1":
            grey = 255 - grey
        if picture is not ALL:
            grey[~picture] = 0
        yield grey, container


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


def _span(module: ImageModule, shown: range) -> Window:
    """From the least to the greatest value of the frames that are shown, padding left out."""
    least, greatest = np.inf, -np.inf
    for index, (raw, container) in zip(shown, module.decoded(shown, raw=True), strict=False):
        grey = GreyValues(module, index)
        values = raw[grey.picture(raw, container)]
        if values.dtype.kind in "iu" and values.size and not grey.modality_table:
            values = np.array([values.min(), values.max()])
        values = grey.modality(values)
        values = values[np.isfinite(values)]
        if values.size:
            least, greatest = min(least, float(values.min())), max(greatest, float(values.max()))
    if greatest < least:
        least = greatest = 0.0
    return Window((least + greatest) / 2, greatest - least, "LINEAR_EXACT")


class GreyValues:
    """What one frame says of its own grey values; an enhanced object says it per frame, or once for all."""

    def __init__(self, module: ImageModule, index: int) -> None:
        self.module, self.ds = module, module.file.ds
        self.groups = [
            *_items(self.ds, "PerFrameFunctionalGroupsSequence")[index : index + 1],
            *_items(self.ds, "SharedFunctionalGroupsSequence")[:1],
        ]

    def _item(self, macro: str, *, by: str) -> Dataset:
        """Where the frame has it: in its own functional groups, in the shared ones, or in the object itself."""
        for group in self.groups:
            if (items := _items(group, macro)) and not _is_empty(items[0], by):
                return items[0]
        return self.ds

    @property
    def _little(self) -> bool:
        return self.ds.original_encoding[1] is not False

    @cached_property
    def modality_table(self) -> Table | None:
        # Of its own sign: the stored values are what is looked up.
        tables = tables_in(
            _items(self.ds, "ModalityLUTSequence"), signed=bool(self.module.signed), little=self._little
        )
        return tables[0] if tables else None

    @cached_property
    def rescale(self) -> tuple[float, float] | None:
        """Slope and intercept; of a pair that is not whole the other counts. None where there is nothing to do."""
        says = self._item("PixelValueTransformationSequence", by="RescaleSlope")
        if says is self.ds:
            says = self._item("PixelValueTransformationSequence", by="RescaleIntercept")
        slope, intercept = number(says, "RescaleSlope"), number(says, "RescaleIntercept")
        slope, intercept = 1.0 if slope is None else slope, 0.0 if intercept is None else intercept
        return None if (slope, intercept) == (1, 0) else (slope, intercept)

    @property
    def is_calibrated(self) -> bool:
        """False where a modality transformation is there and cannot be used: windows are in values we do not have."""
        if self.modality_table is not None:
            return True
        if _items(self.ds, "ModalityLUTSequence"):
            return False
        return self.rescale is None or self.rescale[0] != 0

    def modality(self, raw: Array) -> Array:
        if self.modality_table is not None:
            return self.modality_table.looked_up(raw)
        if not self.is_calibrated or self.rescale is None:
            return raw
        slope, intercept = self.rescale
        return raw.astype(np.float64) * slope + intercept

    @property
    def _reaches_below_zero(self) -> bool:
        """Whether a modality value can be negative: then the first value of a VOI table is signed (C.11.2.1.1)."""
        if self.modality_table is not None:
            return False
        slope, intercept = self.rescale or (1.0, 0.0)
        ends = (self.module.lowest * slope + intercept, self.module.greatest * slope + intercept)
        return min(ends) < 0

    @property
    def has_voi(self) -> bool:
        return self.is_calibrated and (self.window is not None or self.voi_table is not None)

    @cached_property
    def voi_table(self) -> Table | None:
        says = self._item("FrameVOILUTSequence", by="VOILUTSequence")
        tables = tables_in(
            _items(says, "VOILUTSequence"), signed=self._reaches_below_zero, little=self._little
        )
        return tables[0] if tables else None

    @cached_property
    def window(self) -> Window | None:
        says = self._item("FrameVOILUTSequence", by="WindowCenter")
        function = str(says.get("VOILUTFunction") or "LINEAR").strip().upper()
        for center, width in zip(numbers(says, "WindowCenter"), numbers(says, "WindowWidth"), strict=False):
            is_wide = width is not None and width > 0 and (width >= 1 or function != "LINEAR")
            if center is not None and width is not None and is_wide:
                return Window(center, width, function)
        return None

    def voi(self, raw: Array) -> Array:
        """By the first window that can be used, else by the first table."""
        if self.window is not None:
            return self.windowed(raw, self.window)
        assert self.voi_table is not None  # there is one or the other
        return self.voi_table.looked_up(self.modality(raw)) * (255 / self.voi_table.top)

    @property
    def has_tables_of_frames(self) -> bool:
        """Whether frames have VOI tables of their own."""
        groups = _items(self.ds, "PerFrameFunctionalGroupsSequence")
        return any(
            "VOILUTSequence" in item for each in groups for item in _items(each, "FrameVOILUTSequence")[:1]
        )

    def lut(self, most: int) -> list[list[int]] | None:
        """The table as values from which on a grey of 255 holds; None where a window goes first, or there are more."""
        table = self.voi_table
        if table is None or self.window is not None:
            return None
        greys = _rounded(table.entries * (255 / table.top))
        starts = [0, *(np.nonzero(np.diff(greys.astype(int)))[0] + 1).tolist()]
        return [[table.first + at, int(greys[at])] for at in starts] if len(starts) <= most else None

    def windowed(self, raw: Array, window: Window) -> Array:
        return windowed(self.modality(raw), window)

    def picture(self, raw: Array, container: Array) -> Any:
        """Where there is a picture, not only filling: a mask, or ALL."""
        ends = self._padding_ends
        if ends is None:
            return ALL
        low, high = ends
        if self.padding is not None:
            return (raw < low) | (raw > high)
        # Filling may use bits that values do not.
        mask = (1 << self.module.allocated) - 1
        held = container.astype(np.int64) & mask
        return (held < (int(low) & mask)) | (held > (int(high) & mask))

    @property
    def padding(self) -> tuple[float, float] | None:
        """The least and the greatest value that is filling; None where no value is."""
        ends = self._padding_ends
        if ends is None:
            return None
        low, high = ends
        is_value = self.module.is_float or (self.module.lowest <= high and low <= self.module.greatest)
        return ends if is_value else None

    @cached_property
    def _padding_ends(self) -> tuple[float, float] | None:
        padding = number(self.ds, "PixelPaddingValue")
        if padding is None:
            return None
        limit = number(self.ds, "PixelPaddingRangeLimit")
        ends = [padding, padding if limit is None else limit]
        if not self.module.is_float:
            # As the pixels hold it, whichever sign it was written with.
            ends = [_with_sign(int(end), self.module.allocated, self.module.signed) for end in ends]
        low, high = sorted(ends)
        return low, high


def _with_sign(value: int, bits: int, signed: bool | None) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def _items(ds: Dataset, word: str) -> list[Dataset]:
    """The items of a sequence; none where it is missing, empty or no sequence."""
    try:
        return [item for item in ds.get(word) or () if isinstance(item, Dataset)]
    except Exception:  # pydicom raises whatever the value made it stumble over
        return []


def _is_empty(ds: Dataset, word: str) -> bool:
    try:
        value = ds.get(word)
    except Exception:  # not empty, and not to be read
        return False
    return value is None or (hasattr(value, "__len__") and not len(value))


def number(ds: Dataset, word: str) -> float | None:
    """Of a multiple value the first; None where it is no number."""
    return next(iter(numbers(ds, word)), None)


def numbers(ds: Dataset, word: str) -> list[float | None]:
    """Every value, None in place of what is no number."""
    try:
        value = ds.get(word)
        values = [value] if isinstance(value, str | int | float | bytes) else list(value)
    except Exception:  # pydicom raises whatever the value made it stumble over
        return []
    return [_number(each) for each in values]


def _number(value: Any) -> float | None:
    try:
        read = float(value)
    except (TypeError, ValueError):
        return None
    return read if np.isfinite(read) else None
