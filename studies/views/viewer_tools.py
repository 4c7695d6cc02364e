"""The buttons of the viewer's page: what each is called here and in its script."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop


@dataclass(frozen=True)
class Tool:
    """`key` is what the script acts on. A mode is pressed until another is; a switch is on or off."""

    key: str
    name: str
    is_mode: bool = False
    is_switch: bool = False

    @property
    def label(self) -> str:
        return _(self.name)

    @property
    def pressed(self) -> str:
        return "false" if self.is_mode or self.is_switch else ""


@dataclass(frozen=True)
class Preset:
    """A window by centre and width, in the unit of the images it is meant for."""

    name: str
    centre: int
    width: int

    @property
    def label(self) -> str:
        return _(self.name)

    @property
    def value(self) -> str:
        return f"{self.centre},{self.width}"


def _modes(*tools: tuple[str, str]) -> tuple[Tool, ...]:
    return tuple(Tool(key, name, is_mode=True) for key, name in tools)


def _switches(*tools: tuple[str, str]) -> tuple[Tool, ...]:
    return tuple(Tool(key, name, is_switch=True) for key, name in tools)


def _actions(*tools: tuple[str, str]) -> tuple[Tool, ...]:
    return tuple(Tool(key, name) for key, name in tools)


MAIN = _modes(
    ("scroll", gettext_noop("Scroll")),
    ("window", gettext_noop("Window")),
    ("zoom", gettext_noop("Zoom")),
    ("pan", gettext_noop("Move")),
)
COPY_LINK = "copy-link"
TAKES = ("save", "print")
MEASURE = _modes(
    ("length", gettext_noop("Length")),
    ("angle", gettext_noop("Angle")),
    ("ellipse", gettext_noop("Ellipse")),
    ("rectangle", gettext_noop("Rectangle")),
    ("probe", gettext_noop("Value at a point")),
    ("magnify", gettext_noop("Magnifier")),
)
IMAGE = (
    *_switches(("invert", gettext_noop("Invert"))),
    *_actions(("rotate", gettext_noop("Rotate"))),
    *_switches(
        ("flip-h", gettext_noop("Flip left and right")),
        ("flip-v", gettext_noop("Flip top and bottom")),
        ("overlays", gettext_noop("Overlays")),
    ),
)
LAYOUT = (
    *_modes(
        ("layout-1x1", gettext_noop("One image")),
        ("layout-1x2", gettext_noop("Two side by side")),
        ("layout-2x2", gettext_noop("Four images")),
        ("mammo", gettext_noop("Mammography, four views")),
        ("mpr", gettext_noop("Three planes (MPR)")),
    ),
    *_switches(("link", gettext_noop("Scroll together"))),
)
AFTER = (
    *_actions(("reset", gettext_noop("Reset"))),
    *_switches(("cine", gettext_noop("Play"))),
)
MORE = (
    *_actions(
        ("save", gettext_noop("Save this image (PNG)")),
        ("print", gettext_noop("Print")),
        (COPY_LINK, gettext_noop("Copy the link to this image")),
    ),
    *_switches(("fullscreen", gettext_noop("Full screen"))),
    *_actions(("keys", gettext_noop("Keys"))),
)
# Windows of computed tomography, in Hounsfield units.
PRESETS = (
    Preset(gettext_noop("Abdomen"), 40, 400),
    Preset(gettext_noop("Mediastinum"), 50, 350),
    Preset(gettext_noop("Lung"), -600, 1500),
    Preset(gettext_noop("Bone"), 400, 1800),
    Preset(gettext_noop("Brain"), 40, 80),
    Preset(gettext_noop("Subdural space"), 75, 215),
    Preset(gettext_noop("Stroke"), 35, 40),
    Preset(gettext_noop("Angiography"), 300, 600),
)


def tools(
    *, with_link: bool = True, may_take: bool = True
) -> dict[str, tuple[Tool, ...] | tuple[Preset, ...]]:
    """The toolbar's menus.

    `with_link`: whether the link to an image would open for other people; `may_take`: whether an image may be saved.
    """
    more = tuple(
        tool for tool in MORE if (with_link or tool.key != COPY_LINK) and (may_take or tool.key not in TAKES)
    )
    return {
        "main": MAIN,
        "measure": MEASURE,
        "image": IMAGE,
        "layout": LAYOUT,
        "after": AFTER,
        "more": more,
        "presets": PRESETS,
    }
