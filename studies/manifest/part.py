"""A series' own part of the manifest: columns with an entry for each frame, or with runs of equal entries."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from uuid import UUID

from studies.manifest.frames import Frame

# A position may be off by so many mm, and slices that are no further off count as evenly spaced.
EXACT = 1e-3
# What the renderer says of the pixels of an instance, and each group of frames has.
OF_PIXELS = (
    "rows",
    "columns",
    "coarse",
    "reduced",
    "bits",
    "signed",
    "samples",
    "photometric",
    "padding",
    "overlays",
)


@dataclass(frozen=True)
class Packed:
    """An instance: what its metadata say of its frames, and what became of its pixels.

    `pixels` is what the renderer says of them; without it there are none, and `sizes` are noughts: of each frame the
    bytes of its coarse part, its head and its tail. `overlays` are the bytes of what is drawn over each frame.
    """

    uuid: UUID
    number: int | None
    frames: Sequence[Frame]
    pixels: dict[str, Any] = field(default_factory=dict)
    sizes: Sequence[tuple[int, int, int]] = ()
    overlays: Sequence[int] = ()


def part_of(instances: Sequence[Packed]) -> str:
    """As JSON, without the braces around it."""
    frames = [frame for packed in instances for frame in packed.frames]
    groups, which = _groups(instances)
    sizes = [size for packed in instances for size in _sizes(packed)]
    overlays = [size for packed in instances for size in packed.overlays or [0] * len(packed.frames)]
    columns = {
        "groups": groups,
        "group": runs(which),
        "instance": [str(packed.uuid) for packed in instances],
        "instance_frames": runs(len(packed.frames) for packed in instances),
        "number_of_instance": [packed.number for packed in instances],
        "coarse": [coarse for coarse, _, _ in sizes],
        "head": [head for _, head, _ in sizes],
        "tail": [tail for _, _, tail in sizes],
        "overlay": overlays if any(overlays) else None,
        "position": positions([frame.position for frame in frames]),
        "window_each": _each(frames, which, groups, _window),
        "rescale_each": _each(frames, which, groups, _rescale),
    }
    return json.dumps(columns, separators=(",", ":"), ensure_ascii=False)[1:-1]


def _sizes(packed: Packed) -> Sequence[tuple[int, int, int]]:
    return packed.sizes or [(0, 0, 0)] * len(packed.frames)


def _groups(instances: Sequence[Packed]) -> tuple[list[dict[str, Any]], list[int]]:
    """What frames have in common; and of each frame the number of its group."""
    numbers: dict[str, int] = {}
    groups: list[dict[str, Any]] = []
    which = []
    for packed in instances:
        is_lossy = bool(packed.pixels.get("is_lossy"))
        for frame, pixels in zip(packed.frames, _pixels(packed), strict=True):
            key = f"{pixels}{is_lossy}{frame.fixed}"
            if key not in numbers:
                numbers[key] = len(groups)
                groups.append(
                    {**json.loads(pixels), **json.loads(frame.fixed), **_first(frame), "range": None}
                )
                _say_lossy(groups[-1], is_lossy)
            which.append(numbers[key])
            _widen(groups[numbers[key]], packed.pixels.get("range"))
    return groups, which


def _pixels(packed: Packed) -> Iterator[str]:
    """What is known of the pixels of each frame, as JSON: frames differ by their VOI tables alone."""
    common = {word: packed.pixels.get(word) for word in OF_PIXELS}
    luts = packed.pixels.get("luts") or [None] * len(packed.frames)
    for lut, same in groupby(luts):
        written = json.dumps({**common, "lut": lut})
        yield from (written for _ in same)


def _first(frame: Frame) -> dict[str, Any]:
    slope, intercept = frame.rescale
    return {"slope": slope, "intercept": intercept, "window": [list(each) for each in frame.windows]}


def _say_lossy(group: dict[str, Any], is_lossy: bool) -> None:
    """Some transfer syntaxes always lose something, whether the attribute says so or not."""
    if is_lossy and group.get("lossy") is None:
        group["lossy"] = []


def _widen(group: dict[str, Any], values: Sequence[int] | None) -> None:
    """From the least to the greatest stored value of the group's frames."""
    if values:
        least, greatest = group["range"] or values
        group["range"] = [min(least, values[0]), max(greatest, values[1])]


def _window(frame: Frame) -> list[float] | None:
    return list(frame.windows[0][:2]) if frame.windows else None


def _rescale(frame: Frame) -> list[float]:
    return list(frame.rescale)


def _each(frames: Sequence[Frame], which: Sequence[int], groups: list[dict[str, Any]], value: Any) -> Any:
    """An entry for each frame, where one differs from the first of its group; else nothing."""
    first: dict[int, Any] = {}
    values = [value(frame) for frame in frames]
    for group, each in zip(which, values, strict=True):
        first.setdefault(group, each)
    return values if any(each != first[group] for group, each in zip(which, values, strict=True)) else None


def runs(values: Iterable[int]) -> list[list[int]]:
    """Each value with how often it follows."""
    return [[value, sum(1 for _ in same)] for value, same in groupby(values)]


def positions(each: Sequence[tuple[float, float, float] | None]) -> Any:
    """Start, step and number of evenly spaced slices; else each position; nothing where none is known."""
    if not each or all(at is None for at in each):
        return None
    known = [at for at in each if at is not None]
    if len(known) < len(each):
        return [at and _rounded(at, 3) for at in each]
    start, count = _rounded(known[0], 4), len(known)
    if count > 1:
        last = known[-1]
        step = [round((last[axis] - start[axis]) / (count - 1), 9) for axis in range(3)]
        if all(
            abs(start[axis] + step[axis] * index - at[axis]) < EXACT
            for index, at in enumerate(known)
            for axis in range(3)
        ):
            return [start, step, count]
    return [_rounded(at, 3) for at in known]


def _rounded(at: Sequence[float], digits: int) -> list[float]:
    return [round(each, digits) for each in at]
