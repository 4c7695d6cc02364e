"""Time zones: the choices of a select, and the zone of a stored name."""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.utils.translation import gettext_noop

# Where it is shown: `gettext(NOT_A_TIME_ZONE)`.
NOT_A_TIME_ZONE = gettext_noop("Choose a time zone from the list.")


@cache
def choices() -> tuple[tuple[str, str], ...]:
    """(name, words) for a select: UTC first, then every zone of a place."""
    places = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/"))
    )
    return tuple((name, name.replace("_", " ")) for name in ("UTC", *places))


def zone_named(name: str) -> ZoneInfo:
    """The zone of that name; UTC where the name is unknown on this machine."""
    try:
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError):
        return ZoneInfo("UTC")
