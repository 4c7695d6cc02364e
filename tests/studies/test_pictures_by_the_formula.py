"""Grey pictures against the standard's own formulas, worked out here value by value: any image pixel module, any table.

PS3.3 C.7.6.3 (stored values), C.11.1 (modality), C.11.2 (VOI). Nothing of the renderer's own arithmetic is used.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from studies.pixels import pictures
from tests.bad_files import as_bytes, dicom

SEVERAL = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
CONTAINERS = {8: "u1", 16: "<u2", 32: "<u4"}


@dataclass(frozen=True)
class Lut:
    """A table whose first entry is for the value `first`."""

    first: int
    entries: Sequence[int]
    bits: int

    def __call__(self, value: float) -> float:
        at = math.floor(value + 0.5) if value % 1 != 0.5 else round(value)  # as numpy rounds
        return self.entries[min(max(at - self.first, 0), len(self.entries) - 1)]

    def item(self, vr: str) -> Dataset:
        declared = [len(self.entries) % 65_536, self.first, self.bits]
        item = Dataset()
        numbers = [number & 0xFFFF for number in declared]
        if vr == "SS":
            numbers = [number - 65_536 if number > 32_767 else number for number in numbers]
        item[0x00283002] = DataElement(0x00283002, vr, numbers)
        item[0x00283006] = DataElement(0x00283006, "OW", np.array(self.entries, dtype="<u2").tobytes())
        return item


@dataclass(frozen=True)
class Module:
    """What is drawn for one example."""

    allocated: int
    stored: int
    high: int
    signed: bool
    values: Sequence[int]
    rest: int = 0
    inverse: bool = False
    padding: int | None = None
    rescale: tuple[float, float] | None = None
    modality: Lut | None = None
    window: tuple[float, float, str] | None = None
    voi: Lut | None = None
    descriptor_vr: str = "US"
    more: dict[str, Any] = field(default_factory=dict)

    def dataset(self) -> Dataset:
        low = self.high + 1 - self.stored
        mask = (1 << self.stored) - 1
        others = self.rest & ~(mask << low) & ((1 << self.allocated) - 1)
        held = [((value & mask) << low) | others for value in self.values]
        ds = dicom(
            Rows=1,
            Columns=len(self.values),
            BitsAllocated=self.allocated,
            BitsStored=self.stored,
            HighBit=self.high,
            PixelRepresentation=int(self.signed),
            PhotometricInterpretation="MONOCHROME1" if self.inverse else "MONOCHROME2",
            **self.more,
        )
        data = np.array(held, dtype=CONTAINERS[self.allocated]).tobytes()
        ds[0x7FE00010] = DataElement(
            0x7FE00010, "OB" if self.allocated == 8 else "OW", data + b"\0" * (len(data) % 2)
        )
        if self.padding is not None:
            ds.PixelPaddingValue = self.padding
        if self.rescale is not None:
            ds.RescaleSlope, ds.RescaleIntercept = self.rescale
        if self.modality is not None:
            ds.ModalityLUTSequence = Items([self.modality.item(self.descriptor_vr)])
        if self.window is not None:
            ds.WindowCenter, ds.WindowWidth, ds.VOILUTFunction = self.window
        if self.voi is not None:
            ds.VOILUTSequence = Items([self.voi.item(self.descriptor_vr)])
        return ds

    def expected(self) -> list[float]:
        """The grey of each value, between 0 and 255."""
        modality = self.modality or (lambda value: value)
        if self.rescale is not None and self.modality is None:
            slope, intercept = self.rescale
            modality = lambda value: value * slope + intercept  # noqa: E731
        shown = [modality(value) for value in self.values if value != self.padding]
        grey = [self._voi(modality(value)) for value in self.values]
        seen = {round(one, 6) for one, value in zip(grey, self.values, strict=True) if value != self.padding}
        raw = {value for value in self.values if value != self.padding}
        has_none = self.window is None and self.voi is None
        if has_none or (len({_rounded(one) for one in seen}) == 1 and len(raw) > 1):
            least, greatest = (min(shown), max(shown)) if shown else (0, 0)
            grey = [_between(modality(value), least, greatest) for value in self.values]
        if self.inverse:
            grey = [255 - _rounded(one) for one in grey]
        return [0 if value == self.padding else one for one, value in zip(grey, self.values, strict=True)]

    def _voi(self, value: float) -> float:
        if self.window is not None:
            return _windowed(value, *self.window)
        if self.voi is not None:
            return self.voi(value) * 255 / (2**self.voi.bits - 1)
        return 0


def _windowed(x: float, c: float, w: float, function: str) -> float:
    if function == "SIGMOID":
        exponent = -4 * (x - c) / w
        return 0 if exponent > 700 else 255 / (1 + math.exp(exponent))
    if function == "LINEAR_EXACT":
        return _between(x, c - w / 2, c + w / 2)
    if x <= c - 0.5 - (w - 1) / 2:
        return 0
    if x > c - 0.5 + (w - 1) / 2:
        return 255
    return ((x - (c - 0.5)) / (w - 1) + 0.5) * 255


def _between(x: float, least: float, greatest: float) -> float:
    if greatest <= least:
        return 255 if x > least else 0
    return min(max((x - least) / (greatest - least) * 255, 0), 255)


def _rounded(value: float) -> int:
    return int(min(max(value + 0.5, 0), 255))


@st.composite
def modules(draw: st.DrawFn) -> Module:
    allocated = draw(st.sampled_from(sorted(CONTAINERS)))
    stored = draw(st.integers(1, min(allocated, 20)))
    high = draw(st.integers(stored - 1, allocated - 1))
    signed = draw(st.booleans())
    least, greatest = (-(1 << stored - 1), (1 << stored - 1) - 1) if signed else (0, (1 << stored) - 1)
    values = draw(st.lists(st.integers(least, greatest), min_size=1, max_size=40))
    kind = draw(st.sampled_from(["none", "rescale", "table"]))
    rescale = modality = None
    reach = (least, greatest)
    if kind == "rescale":
        slope = draw(st.sampled_from([1, 2, 0.5, 0.25, 3.5, -1, -2]))
        rescale = (slope, draw(st.sampled_from([0, -1024, 100, -32_768, 1000.5])))
        reach = tuple(sorted(end * slope + rescale[1] for end in reach))  # type: ignore[assignment]
    elif kind == "table":
        modality = draw(tables(max(least, -32_768), min(greatest, 32_767)))
        reach = (0, 2**modality.bits - 1)
    window = voi = None
    match draw(st.sampled_from(["none", "window", "table"])):
        case "window":
            function = draw(st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]))
            width = draw(st.integers(1, 5000))
            window = (draw(st.integers(int(reach[0]), int(reach[1]) + 1)), width, function)
        case "table" if reach[0] < 0:
            voi = draw(tables(max(int(reach[0]), -32_768), min(int(reach[1]), 32_767)))
        case "table":
            voi = draw(tables(max(int(reach[0]), 0), max(min(int(reach[1]), 65_535), 0)))
    padding = draw(st.none() | st.sampled_from(values)) if allocated == 16 else None
    return Module(
        allocated,
        stored,
        high,
        signed,
        values,
        rest=draw(st.sampled_from([0, 0xFFFFFFFF, 0xA5A5A5A5])),
        inverse=draw(st.booleans()),
        padding=padding,
        rescale=rescale,
        modality=modality,
        window=window,
        voi=voi,
        descriptor_vr=draw(st.sampled_from(["US", "SS"])),
    )


@st.composite
def tables(draw: st.DrawFn, least: int, greatest: int) -> Lut:
    bits = draw(st.sampled_from([8, 10, 12, 16]))
    # Two entries or more: of one it cannot be told whether it is a word or half of one.
    entries = draw(st.lists(st.integers(0, 2**bits - 1), min_size=2, max_size=60))
    return Lut(draw(st.integers(min(least, greatest), greatest)), entries, bits)


@pytest.fixture
def drawn(tmp_path: Path) -> Callable[[Dataset], list[Any]]:
    def draw(ds: Dataset) -> list[Any]:
        path = tmp_path / "drawn.dcm"
        path.write_bytes(as_bytes(ds))
        return [np.asarray(picture) for picture in pictures(path)]

    return draw


@SEVERAL
@given(module=modules())
def test_every_grey_is_the_one_of_the_standards_formulas(
    drawn: Callable[[Dataset], list[Any]], module: Module
) -> None:
    [picture] = drawn(module.dataset())

    apart = np.abs(picture[0].astype(float) - module.expected())
    assert apart.max() <= 1, (picture[0].tolist(), module.expected())
