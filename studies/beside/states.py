"""What a presentation state asks for, so that it can be named what of it is not applied; and key object selections."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from studies.beside.model import Model, item, items, number, references, text

MOST_REFERENCES = 2_000
# Attributes that change how images look, and what each is called. A window, a turn and a flip go with the links.
WINDOW, TURN, FLIP, SHAPE = "00283110", "00700042", "00700041", "20500020"
CHANGES = (
    ("00700001", gettext_noop("Drawings and text")),
    (WINDOW, gettext_noop("Window")),
    ("00283010", gettext_noop("Table of values")),
    ("00283000", gettext_noop("Conversion of values")),
    ("0070005A", gettext_noop("Shown part and magnification")),
    (TURN, gettext_noop("Rotation")),
    (FLIP, gettext_noop("Flip")),
    (SHAPE, gettext_noop("Inverted grey values")),
    ("20500010", gettext_noop("Table of grey values")),
    ("00181600", gettext_noop("Shutter")),
    ("00700060", gettext_noop("Layers")),
    ("00281101", gettext_noop("Table of colours")),
    ("00700402", gettext_noop("Blending of images")),
)


@dataclass(frozen=True)
class State:
    """`changes` are what the links to its images leave out.

    `window` is centre and width where the state sets a single one for all its images; `turn` is in degrees, clockwise,
    and comes before the flip.
    """

    label: str
    description: str
    creator: str
    changes: list[str]
    window: tuple[float, float] | None
    turn: int
    is_flipped: bool
    places: list[tuple[str, list[int]]]


def state_of(model: Model) -> State:
    window, turn = _window(model), _turn(model)
    applied = {
        tag for tag, is_applied in ((WINDOW, window), (TURN, turn), (FLIP, turn is not None)) if is_applied
    }
    changes = [_(name) for tag, name in CHANGES if tag not in applied and _asks(model, tag)]
    return State(
        label=text(model, "00700080"),
        description=text(model, "00700081"),
        creator=text(model, "00700084").replace("^", " ").strip(),
        changes=changes,
        window=window,
        turn=turn or 0,
        is_flipped=turn is not None and text(model, FLIP) == "Y",
        places=_places(model),
    )


def _asks(model: Model, tag: str) -> bool:
    if tag == TURN:
        return bool(number(model, tag))
    if tag in (FLIP, SHAPE):
        return text(model, tag) == {FLIP: "Y", SHAPE: "INVERSE"}[tag]
    return tag in model


def _turn(model: Model) -> int | None:
    """The turn in degrees, a multiple of 90; None for any other angle, by which the viewer cannot turn."""
    angle = number(model, TURN) or 0
    return int(angle) % 360 if angle % 90 == 0 else None


def _window(model: Model) -> tuple[float, float] | None:
    tables = items(model, "00283110")
    if len(tables) != 1 or "00283010" in tables[0]:
        return None
    centre, width = number(tables[0], "00281050"), number(tables[0], "00281051")
    return (centre, width) if centre is not None and width is not None and width > 0 else None


def _places(model: Model) -> list[tuple[str, list[int]]]:
    places = [place for series in items(model, "00081115") for place in references(series, "00081140")]
    return places[:MOST_REFERENCES]


@dataclass(frozen=True)
class KeyImages:
    title: str
    description: str
    places: list[tuple[str, list[int]]]


def key_images_of(model: Model) -> KeyImages:
    content = items(model, "0040A730")
    lines = [text(each, "0040A160") for each in content if text(each, "0040A040") == "TEXT"]
    code = item(model, "0040A043")
    return KeyImages(
        title=text(code, "00080104") or _("Key images"),
        description="\n".join(filter(None, lines)),
        places=[place for each in content for place in references(each)][:MOST_REFERENCES],
    )
