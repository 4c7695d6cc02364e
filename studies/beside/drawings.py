"""The drawings and the shutter of a presentation state, as shapes in pixels of its images (PS3.3 C.10.5, C.7.6.11).

A point is [x, y] in pixels from the upper left corner of the image. A shape is a `line` of points, a `point`, a `ring`
(its middle and two radii, each as [x, y] from the middle; the second radius of a circle is None, because it depends on
the shape of a pixel, which the viewer knows), or a `text`.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from studies.beside.model import Model, items, number, numbers, text

Shape = dict[str, Any]
Point = list[float]
# Further shapes and points are left out, and the reader is shown that drawings are missing.
MOST_SHAPES, MOST_POINTS = 500, 5_000
LONGEST_TEXT = 1_000
PARTS_OF_A_CURVE = 8
WHITE = 65_535


class Area:
    """The part of the image that is shown; converts a point given as fractions of this part to pixels of the image."""

    def __init__(self, corners: list[float], *, turn: int = 0, is_flipped: bool = False) -> None:
        left, top, right, bottom = corners
        # The corners are pixels, counted from 1. The first is the upper left corner of the screen, after turn and flip.
        self.start = [min(left, right) - 1, min(top, bottom) - 1]
        self.end = [max(left, right), max(top, bottom)]
        self.turn, self.is_flipped = turn % 360, is_flipped

    def point(self, across: float, down: float) -> Point:
        x, y = (1 - across if self.is_flipped else across), down
        x, y = {0: (x, y), 90: (y, 1 - x), 180: (1 - x, 1 - y), 270: (1 - y, x)}[self.turn]
        ends = zip((x, y), self.start, self.end, strict=True)
        return [round(start + part * (end - start), 3) for part, start, end in ends]


def shapes_of(annotation: Model, area: Area | None) -> Iterator[Shape]:
    """The shapes of one item of the Graphic Annotation Sequence.

    A shape whose points are fractions of the shown area is left out where `area` is None.
    """
    for drawn in items(annotation, "00700009"):
        points = _points(numbers(drawn, "00700022"), text(drawn, "00700005"), area)
        if shape := _shape(text(drawn, "00700023"), points, text(drawn, "00700024") == "Y"):
            yield shape
    for written in items(annotation, "00700008"):
        if shape := _text(written, area):
            yield shape


def _points(flat: list[float], units: str, area: Area | None) -> list[Point]:
    pairs = [[x, y] for x, y in zip(flat[::2], flat[1::2], strict=False)]
    if units == "DISPLAY":
        return [area.point(*each) for each in pairs] if area is not None else []
    return pairs


def _shape(kind: str, points: list[Point], is_filled: bool) -> Shape | None:
    match kind, points:
        case "POINT", [point, *_]:
            return {"point": point}
        case "POLYLINE", [_, _, *_]:
            return {"line": points, "filled": is_filled and points[0] == points[-1]}
        case "INTERPOLATED", [_, _, *_]:
            return {"line": curve(points), "filled": is_filled and points[0] == points[-1]}
        case "CIRCLE", [middle, edge, *_]:
            return {"ring": [middle, _minus(edge, middle), None], "filled": is_filled}
        case "ELLIPSE", [left, right, above, _, *_]:
            middle = [(left[axis] + right[axis]) / 2 for axis in (0, 1)]
            return {"ring": [middle, _minus(left, middle), _minus(above, middle)], "filled": is_filled}
    return None


def _minus(point: Point, other: Point) -> Point:
    return [point[0] - other[0], point[1] - other[1]]


def curve(points: list[Point]) -> list[Point]:
    """A smooth line through the points (Catmull-Rom)."""
    is_closed = points[0] == points[-1]
    before = points[-2] if is_closed else points[0]
    after = points[1] if is_closed else points[-1]
    around = [before, *points, after]
    line = [points[0]]
    for at, (start, end) in enumerate(pairwise(points)):
        four = (around[at], start, end, around[at + 3])
        for step in range(1, PARTS_OF_A_CURVE + 1):
            part = step / PARTS_OF_A_CURVE
            line.append([_between(part, *(each[axis] for each in four)) for axis in (0, 1)])
    return line


def _between(t: float, earlier: float, start: float, end: float, later: float) -> float:
    whole = 2 * start + (end - earlier) * t
    whole += (2 * earlier - 5 * start + 4 * end - later) * t**2 + (
        3 * start - earlier - 3 * end + later
    ) * t**3
    return round(whole / 2, 3)


def _text(written: Model, area: Area | None) -> Shape | None:
    words = text(written, "00700006")[:LONGEST_TEXT]
    corners = [*numbers(written, "00700010")[:2], *numbers(written, "00700011")[:2]]
    box = _points(corners, text(written, "00700003"), area)
    anchor = _points(numbers(written, "00700014")[:2], text(written, "00700004"), area)
    if not words or not (box or anchor):
        return None
    return {
        "text": words.replace("\r\n", "\n").replace("\r", "\n"),
        "box": box if len(box) == 2 else None,
        "anchor": anchor[0] if anchor else None,
        "is_led": bool(anchor and box) and text(written, "00700015") == "Y",
        "align": {"CENTER": "middle", "RIGHT": "end"}.get(text(written, "00700012"), "start"),
    }


def shutter_of(model: Model) -> Shape | None:
    """The visible part of the image is inside all `shapes`; the rest is covered in `grey`, from 0 (black) to 255."""
    shapes: list[Shape] = []
    edges = [number(model, tag) for tag in ("00181602", "00181604", "00181606", "00181608")]
    forms = forms_of_shutter(model)
    if "RECTANGULAR" in forms and None not in edges:
        left, right, top, bottom = (each or 0.0 for each in edges)
        left, top = left - 1, top - 1
        shapes.append({"line": [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]})
    middle, radius = numbers(model, "00181610"), number(model, "00181612")
    if "CIRCULAR" in forms and len(middle) == 2 and radius:
        shapes.append({"ring": [[middle[1] - 0.5, middle[0] - 0.5], [radius, 0.0], None]})
    flat = numbers(model, "00181620")
    corners = [[column - 0.5, row - 0.5] for row, column in zip(flat[::2], flat[1::2], strict=False)]
    if "POLYGONAL" in forms and len(corners) > 2:
        shapes.append({"line": [*corners, corners[0]]})
    if not shapes:
        return None
    grey = min(max(number(model, "00181622") or 0, 0), WHITE)
    return {"shapes": shapes, "grey": round(grey * 255 / WHITE)}


def forms_of_shutter(model: Model) -> set[str]:
    element = model.get("00181600")
    values = element.get("Value") if isinstance(element, dict) else None
    return {each for each in values or () if isinstance(each, str)}
