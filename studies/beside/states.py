"""A presentation state: the settings that the viewer applies, and the names of those it does not apply."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from studies.beside.drawings import (
    MOST_POINTS,
    MOST_SHAPES,
    Area,
    Shape,
    forms_of_shutter,
    shapes_of,
    shutter_of,
)
from studies.beside.model import Model, item, items, number, numbers, references, text

MOST_REFERENCES = 2_000
WINDOWS, AREAS, DRAWINGS, LAYERS = "00283110", "0070005A", "00700001", "00700060"
TURN, FLIP, SHAPE = "00700042", "00700041", "20500020"
FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
# Attributes that change how images look and that the viewer does not apply, each with the name that readers see.
NEVER = (
    ("00283000", gettext_noop("Conversion of values")),
    ("20500010", gettext_noop("Table of grey values")),
    ("00281101", gettext_noop("Table of colours")),
    ("00700402", gettext_noop("Blending of images")),
    ("00286100", gettext_noop("Subtraction of a mask")),
    ("00181624", gettext_noop("Colour of the shutter")),
)
Places = list[tuple[str, list[int]]]


@dataclass(frozen=True)
class Part:
    """A value that the state sets for the images in `places`, or for all its images where `places` is None."""

    places: Places | None
    value: Any


@dataclass(frozen=True)
class State:
    """The settings of a presentation state, as the viewer takes them.

    `changes` are the names of the settings that the viewer does not apply. The value of a window is its centre, width
    and function; of an area the upper left and lower right corner of the shown part, in pixels of the image. The image
    is turned first, by `turn` degrees clockwise, and flipped after that.
    """

    label: str
    description: str
    creator: str
    changes: list[str]
    windows: list[Part]
    areas: list[Part]
    drawings: list[Part]
    shutter: Shape | None
    rescale: tuple[float, float]
    is_inverted: bool
    turn: int
    is_flipped: bool
    places: Places = field(default_factory=list)

    @property
    def window(self) -> tuple[float, float] | None:
        """Centre and width, if the state sets the same window for all its images; else None."""
        if len({part.value for part in self.windows}) != 1:
            return None
        named = [uid for part in self.windows for uid, _frames in part.places or self.places]
        centre, width, _function = self.windows[0].value
        return (centre, width) if {uid for uid, _frames in self.places} <= {*named} else None

    @property
    def n_drawings(self) -> int:
        return sum(len(part.value) for part in self.drawings)

    @property
    def is_applied(self) -> bool:
        """Whether the viewer applies at least one setting of the state."""
        sets = (
            self.windows,
            self.areas,
            self.drawings,
            self.shutter,
            self.is_inverted,
            self.turn,
            self.is_flipped,
        )
        return any(sets)


def state_of(model: Model) -> State:
    turn = _turn(model)
    is_flipped = turn is not None and text(model, FLIP) == "Y"
    areas = [_areas(each) for each in items(model, AREAS)]
    drawings, are_all = _drawings(model, turn or 0, is_flipped)
    slope = number(model, "00281053")
    return State(
        label=text(model, "00700080"),
        description=text(model, "00700081"),
        creator=text(model, "00700084").replace("^", " ").strip(),
        changes=_left_out(model, turn, None in areas, are_all),
        windows=[part for each in items(model, WINDOWS) if (part := _window(each))],
        areas=[part for part in areas if part],
        drawings=drawings,
        shutter=shutter_of(model),
        rescale=(1.0 if slope is None else slope, number(model, "00281052") or 0.0),
        is_inverted=text(model, SHAPE) == "INVERSE",
        turn=turn or 0,
        is_flipped=is_flipped,
        places=[place for series in items(model, "00081115") for place in references(series, "00081140")][
            :MOST_REFERENCES
        ],
    )


def _left_out(model: Model, turn: int | None, is_sized: bool, are_all: bool) -> list[str]:
    """The names of the settings that change how images look and that the viewer does not apply."""
    drawn = items(model, DRAWINGS)
    colours = ("00700066", "00700067", "00700401")
    is_turned_otherwise = turn is None
    named = [
        (not are_all, _("Some of the drawings and texts")),
        (any("00700209" in each for each in drawn), _("Compound drawings")),
        (any(tag in each for each in items(model, LAYERS) for tag in colours), _("Colours of the drawings")),
        (any(_window(each) is None for each in items(model, WINDOWS)), _("Table of values")),
        (is_sized, _("Magnification")),
        (is_turned_otherwise, _("Rotation")),
        (is_turned_otherwise and text(model, FLIP) == "Y", _("Flip")),
        (_has_other_shutter(model), _("Shutter")),
        (any(tag[:2] == "60" and tag.endswith("3000") for tag in model), _("Overlays of its own")),
        *((tag in model, _(name)) for tag, name in NEVER),
    ]
    return [name for is_there, name in named if is_there]


def _has_other_shutter(model: Model) -> bool:
    forms = forms_of_shutter(model)
    shutter = shutter_of(model)
    return len(forms) > len(shutter["shapes"] if shutter else ())


def _turn(model: Model) -> int | None:
    """The angle in degrees, a multiple of 90. None for any other angle: the viewer cannot turn an image by it."""
    angle = number(model, TURN) or 0
    return int(angle) % 360 if angle % 90 == 0 else None


def _places(model: Model) -> Places | None:
    return [*references(model, "00081140")] or None


def _window(model: Model) -> Part | None:
    centre, width = number(model, "00281050"), number(model, "00281051")
    function = text(model, "00281056").upper() or "LINEAR"
    if "00283010" in model or centre is None or width is None or width <= 0 or function not in FUNCTIONS:
        return None
    return Part(_places(model), (centre, width, function))


def _areas(model: Model) -> Part | None:
    """None where the state asks for a fixed magnification instead of fitting the area to the screen."""
    corners = [*numbers(model, "00700052")[:2], *numbers(model, "00700053")[:2]]
    if text(model, "00700100") not in ("", "SCALE TO FIT") or len(corners) < 4:
        return None
    area = Area(corners)
    return Part(_places(model), [area.start, area.end])


def _drawings(model: Model, turn: int, is_flipped: bool) -> tuple[list[Part], bool]:
    """The drawings in the order of their layers, and whether every drawing of the state is among them."""
    order = {text(each, "00700002"): number(each, "00700062") or 0 for each in items(model, LAYERS)}
    listed = sorted(items(model, DRAWINGS), key=lambda each: order.get(text(each, "00700002"), 0))
    # A point in parts of the shown area can be converted to pixels only where the state has a single area.
    shown = items(model, AREAS)
    corners = (
        [*numbers(shown[0], "00700052")[:2], *numbers(shown[0], "00700053")[:2]] if len(shown) == 1 else []
    )
    area = Area(corners, turn=turn, is_flipped=is_flipped) if len(corners) == 4 else None
    parts, shapes, points, asked = [], 0, 0, 0
    for each in listed:
        asked += len(items(each, "00700009")) + len(items(each, "00700008"))
        value = []
        for shape in shapes_of(each, area):
            shapes, points = shapes + 1, points + len(shape.get("line", ()))
            if shapes <= MOST_SHAPES and points <= MOST_POINTS:
                value.append(shape)
        if value:
            parts.append(Part(_places(each), value))
    return parts, sum(len(part.value) for part in parts) == asked


@dataclass(frozen=True)
class KeyImages:
    title: str
    description: str
    places: Places


def key_images_of(model: Model) -> KeyImages:
    content = items(model, "0040A730")
    lines = [text(each, "0040A160") for each in content if text(each, "0040A040") == "TEXT"]
    code = item(model, "0040A043")
    return KeyImages(
        title=text(code, "00080104") or _("Key images"),
        description="\n".join(filter(None, lines)),
        places=[place for each in content for place in references(each)][:MOST_REFERENCES],
    )
