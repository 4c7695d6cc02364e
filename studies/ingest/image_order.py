"""What the images of a series are ordered by: where a slice lies in the patient, and when it was taken."""

import math
import re
from collections.abc import Callable, Sequence

CLOCK = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(?:\.(\d{1,6})\d*)?")
DAY = re.compile(r"(\d{4})[-./]?(\d{2})[-./]?(\d{2})")
NO_DAY = "0" * 8


def slice_of(orientation: Sequence[float], position: Sequence[float]) -> list[float] | None:
    """The slice's normal and the position of its corner (PS3.3 C.7.6.2.1.1), or None where they are not told."""
    if len(orientation) != 6 or len(position) != 3:
        return None
    (a, b, c), (d, e, f) = orientation[:3], orientation[3:]
    normal = (b * f - c * e, c * d - a * f, a * e - b * d)
    length = math.hypot(*normal)
    # Two directions that are no right angle apart are no plane that anything could be ordered along.
    if not 0.9 < length < 1.1:
        return None
    return [*(part / length for part in normal), *position]


def taken_at(text: Callable[[str], str]) -> str:
    """The time of acquisition, then of content, in digits that are in order as text; empty where neither is known."""
    acquired = _both(text("AcquisitionDateTime")) or _moment(text("AcquisitionDate"), text("AcquisitionTime"))
    content = _moment(text("ContentDate"), text("ContentTime"))
    return f"{acquired or content} {content or acquired}" if acquired or content else ""


def _both(moment: str) -> str:
    moment = moment.strip()
    return _moment(moment[:8], moment[8:]) if len(moment) >= 10 else ""


def _moment(day: str, clock: str) -> str:
    at, on = CLOCK.match(clock.strip()), DAY.match(day.strip())
    if at is None:
        return ""
    hour, minute, second, part = (group or "" for group in at.groups())
    digits = f"{hour:0>2}{minute:0>2}{second:0>2}{part:0<6}"
    return f"{''.join(on.groups()) if on else NO_DAY}{digits}"


def numbers(text: str) -> list[float]:
    """Decimal strings; none of them where one cannot be read."""
    try:
        read = [float(each) for each in text.split("\\")] if text.strip() else []
    except ValueError:
        return []
    return read if all(math.isfinite(number) for number in read) else []
