"""Waveforms: the curves in their units, drawn to a scale of 25 mm a second and 10 mm a millivolt as an SVG in mm."""

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from studies.beside.model import Model, item, items, meaning, number, text, whole

MM_A_SECOND, MM_A_MILLIVOLT = 25.0, 10.0
MOST_CHANNELS, MOST_BYTES, MOST_SECONDS = 32, 16 * 1024**2, 60.0
# Bytes of a sample and how it is read (PS3.3 C.10.9.1.5); the two laws of telephones are not.
TYPES = {"SB": "i1", "UB": "u1", "SS": "i2", "US": "u2", "SL": "i4", "UL": "u4"}
MILLIVOLTS = {"mV": 1.0, "uV": 1e-3, "µV": 1e-3, "[uV]": 1e-3, "V": 1e3, "nV": 1e-6}
# The height of a curve's row, and the finest step along it, in mm.
ROW, STEP, MARGIN = 24.0, 0.2, 12.0
SEQUENCE, DATA = "54000100", "54001010"

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Channel:
    label: str
    unit: str
    # In the unit; not a number where the device says that it has none.
    samples: Samples


@dataclass(frozen=True)
class Group:
    """The channels recorded together. `problem` says why there are none."""

    label: str
    rate: float
    channels: list[Channel]
    problem: str = ""

    @property
    def n(self) -> int:
        return len(self.channels)

    @property
    def seconds(self) -> float:
        return len(self.channels[0].samples) / self.rate if self.channels and self.rate else 0.0


# The bytes of the data of a group by its number, and whether they are little endian.
BytesOf = Callable[[int, int], tuple[bytes, bool] | None]


def groups_of(model: Model, stored: BytesOf) -> list[Group]:
    """`stored` reads at most so many bytes of the samples that the model only refers to."""
    return [_group(each, position, stored) for position, each in enumerate(items(model, SEQUENCE)[:8])]


def _group(model: Model, position: int, stored: BytesOf) -> Group:
    label = text(model, "003A0020") or _("Recording %(number)s") % {"number": position + 1}
    rate, n = number(model, "003A001A") or 0.0, whole(model, "003A0010")
    defined = items(model, "003A0200")
    kind = TYPES.get(text(model, "54001006"))
    n_channels = whole(model, "003A0005")
    if not rate > 0 or n < 1 or not 1 <= n_channels == len(defined):
        return Group(label, 0.0, [], _("It does not say how its values are ordered."))
    if kind is None or whole(model, "54001004") != 8 * np.dtype(kind).itemsize:
        return Group(label, rate, [], _("Its values are encoded in a way that cannot be read here."))
    if n_channels > MOST_CHANNELS:
        return Group(label, rate, [], _("It has more curves than can be drawn here."))
    size = n * n_channels * np.dtype(kind).itemsize
    data = _inline(model) or (stored(position, size) if size <= MOST_BYTES else None)
    if data is None or len(data[0]) < size:
        return Group(label, rate, [], _("Its values could not be read, or there are too many."))
    raw = np.frombuffer(data[0][:size], ("<" if data[1] else ">") + kind).reshape(n, n_channels)
    padding = whole(model, "5400100A") if "5400100A" in model else None
    return Group(label, rate, [_channel(each, raw[:, at], padding) for at, each in enumerate(defined)])


def _inline(model: Model) -> tuple[bytes, bool] | None:
    element = model.get(DATA)
    if not isinstance(element, dict) or not isinstance(element.get("InlineBinary"), str):
        return None
    try:
        # The JSON model is little endian (PS3.18 F.2.7).
        return base64.b64decode(element["InlineBinary"], validate=True), True
    except binascii.Error:
        return None


def _channel(model: Model, raw: NDArray[Any], padding: int | None) -> Channel:
    sensitivity = number(model, "003A0210")
    factor = (sensitivity if sensitivity is not None else 1.0) * (number(model, "003A0212") or 1.0)
    samples = raw.astype(np.float64) * factor + (number(model, "003A0213") or 0.0)
    if padding is not None:
        samples[raw == padding] = np.nan
    unit = text(item(model, "003A0211"), "00080100") if sensitivity is not None else ""
    if unit in MILLIVOLTS:
        samples, unit = samples * MILLIVOLTS[unit], "mV"
    return Channel(_short(text(model, "003A0203") or meaning(model, "003A0208")), unit, samples)


def _short(label: str) -> str:
    return label.removeprefix("Lead ").removesuffix(" (Einthoven)")[:40] or "?"


@dataclass(frozen=True)
class Row:
    """A curve as a path in mm, its name, and its scale where that is not 10 mm a millivolt."""

    label: str
    y: float
    path: str
    scale: str

    @property
    def label_y(self) -> float:
        return self.y - ROW / 2 + 4


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    rows: list[Row]
    seconds: float
    seconds_left_out: float


def drawing_of(group: Group) -> Drawing:
    shown = min(group.seconds, MOST_SECONDS)
    rows = []
    for at, channel in enumerate(group.channels):
        y = MARGIN + ROW * (at + 0.5)
        in_mm, scale = _scaled(channel)
        rows.append(Row(channel.label, y, _path(in_mm[: round(shown * group.rate)], group.rate, y), scale))
    return Drawing(
        width=round(shown * MM_A_SECOND, 2),
        height=2 * MARGIN + ROW * len(rows),
        rows=rows,
        seconds=shown,
        seconds_left_out=group.seconds - shown,
    )


def _scaled(channel: Channel) -> tuple[Samples, str]:
    """In mm upward. What is not a voltage fills its row, and says what 10 mm are."""
    if channel.unit == "mV":
        return channel.samples * MM_A_MILLIVOLT, ""
    finite = channel.samples[np.isfinite(channel.samples)]
    if not finite.size or np.ptp(finite) == 0:
        return channel.samples * 0, ""
    middle, factor = (finite.max() + finite.min()) / 2, (ROW - 4) / np.ptp(finite)
    unit = channel.unit or _("units of the device")
    return (channel.samples - middle) * factor, _("10 mm are %(value)s %(unit)s") % {
        "value": f"{10 / factor:.3g}",
        "unit": unit,
    }


def _path(samples: Samples, rate: float, y: float) -> str:
    """The least and the greatest value of each step, so that no spike is lost."""
    each = max(int(rate * STEP / MM_A_SECOND), 1)
    words: list[str] = []
    pen = "M"
    for at, low, high in _steps(samples, each):
        x = at / rate * MM_A_SECOND
        for value in (low, high) if low != high else (low,):
            words.append(f"{pen}{x:.2f} {y - value:.2f}")
            pen = "L"
        if np.isnan(low):
            del words[-1:]
            pen = "M"
    return "".join(words)


def _steps(samples: Samples, each: int) -> Iterator[tuple[int, float, float]]:
    for at in range(0, len(samples), each):
        part = samples[at : at + each]
        if np.isnan(part).any():
            yield at, np.nan, np.nan
        elif part[0] <= part[-1]:
            yield at, float(part.min()), float(part.max())
        else:
            yield at, float(part.max()), float(part.min())
