"""How a client wants to see an image (PS3.18 section 8.3.5), from the query; and which kind of picture it accepts."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from studies.dicomweb.accept import Accepted, BadRequest, NotAcceptable

JPEG, PNG, GIF = "image/jpeg", "image/png", "image/gif"
FUNCTIONS = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}
LARGEST = 8192
# Known to the standard and not done here: what is left out is named, as it asks.
NOT_DONE = ("annotation", "iccprofile", "presentationSeriesUID", "presentationUID")


@dataclass(frozen=True)
class Wanted:
    """Of a rendered resource. The words of `view` are those of `studies.pixels.views`."""

    view: dict[str, Any]
    not_done: tuple[str, ...]


def rendering_of(request: HttpRequest, *, thumbnail: bool = False) -> Wanted:
    """Raises BadRequest with what is wrong with it. A thumbnail has a viewport alone."""
    readers = {"viewport": _viewport} if thumbnail else READERS
    view = {name: read(request.GET[name].strip()) for name, read in readers.items() if name in request.GET}
    not_done = [f"{name}={request.GET[name]}" for name in NOT_DONE if request.GET.get(name)]
    return Wanted(view, tuple(each for each in not_done if each != "iccprofile=no"))


def _window(text: str) -> tuple[float, float, str]:
    parts = [part.strip() for part in text.split(",")]
    function = FUNCTIONS.get(parts[2].lower(), "") if len(parts) == 3 else ""
    numbers = _numbers(parts[:2])
    if not function or numbers is None:
        raise BadRequest(
            _("window is a centre, a width and linear, linear-exact or sigmoid, with commas between them.")
        )
    center, width = numbers
    if width <= 0 or (function == "LINEAR" and width < 1):
        raise BadRequest(_("The width of a window is above 0, of a linear one at least 1."))
    return center, width, function


def _viewport(text: str) -> tuple[float | None, ...]:
    """The size; and, where they are given, the left and the upper end of a part and its width and height."""
    parts = [part.strip() for part in text.split(",")]
    numbers = _numbers([part or "0" for part in parts])
    if numbers is None or len(parts) not in (2, 4, 6):
        raise BadRequest(
            _("viewport is a width and a height, and after them where a part begins and how large it is.")
        )
    width, height, *part = numbers
    if not all(1 <= side <= LARGEST and side == int(side) for side in (width, height)):
        raise BadRequest(
            _("The width and the height of a viewport are whole numbers from 1 to %(most)s.")
            % {"most": LARGEST}
        )
    # An empty width or height is the rest of the image.
    sizes = [number if written else None for number, written in zip(part[2:], parts[4:], strict=True)]
    return int(width), int(height), *(part[:2] or (0.0, 0.0)), *(sizes or (None, None))


def _quality(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and 1 <= int(text[:4]) <= 100):
        raise BadRequest(_("quality is a whole number from 1 to 100."))
    return int(text)


def _numbers(parts: list[str]) -> list[float] | None:
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return None
    return numbers if all(math.isfinite(number) and abs(number) < 1e12 for number in numbers) else None


READERS: dict[str, Callable[[str], Any]] = {"window": _window, "viewport": _viewport, "quality": _quality}


def chosen_picture(choices: list[Accepted], *, n: int, one_instance: bool = False) -> tuple[str, bool]:
    """The kind of picture, and whether the answer has many parts. Of several frames of one instance a GIF is one."""
    for each in choices:
        for media_type in (JPEG, PNG, GIF):
            if not each.fits(media_type):
                continue
            is_alone = n == 1 or (media_type == GIF and one_instance)
            if each.many is not False and (each.many or n > 1):
                return media_type, True
            if is_alone and not (media_type == GIF and n == 1 and each.media_type != GIF):
                return media_type, False
    raise NotAcceptable
