"""Time zones: the places to choose from, what a person may type for one, and the zone of a stored name.

The database of time zones has many places under two names, the later kept for programs of before (Asia/Kolkata and
Asia/Calcutta). Its own list of places by country (`zone.tab`) names each once: that list is offered. An old name is
still understood.
"""

import zoneinfo
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.utils.translation import gettext_noop

# Where it is shown: `gettext(NOT_A_TIME_ZONE)`.
NOT_A_TIME_ZONE = gettext_noop("Choose a time zone from the list.")
UTC = "UTC"


@dataclass(frozen=True)
class Place:
    """A zone to choose: its name, that name in words, and its country where the database tells it."""

    name: str
    words: str
    country: str = ""


@cache
def places() -> tuple[Place, ...]:
    """UTC first, then each place once, by name."""
    countries = dict(line.split("\t", 1) for line in _lines("iso3166.tab"))
    listed = {}
    for line in _lines("zone.tab"):
        code, _where, name, *_remark = line.split("\t")
        listed[name] = countries.get(code, "")
    known = available_timezones()
    named = sorted(known.intersection(listed)) or sorted(filter(_is_place, known))
    return (Place(UTC, UTC), *(Place(name, in_words(name), listed.get(name, "")) for name in named))


def in_words(name: str) -> str:
    return name.replace("_", " ")


def zone_meant(typed: str) -> str:
    """The zone that a person means by a whole name, by the city alone, or by an old name; empty for none."""
    key = _key(typed)
    return _by_name().get(key) or _by_city().get(key, "")


def zone_named(name: str) -> ZoneInfo:
    """The zone of that name; UTC where the name is unknown on this machine."""
    try:
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError):
        return ZoneInfo(UTC)


@cache
def _by_name() -> dict[str, str]:
    """Every name that the machine knows; of two names of one place the one that is offered."""
    offered = {place.name for place in places()}
    other = {}
    for line in _lines("tzdata.zi"):
        if line.startswith("L "):
            _link, target, name = line.split(" ")
            other[name] = target
    names = {}
    for name in available_timezones():
        place = name
        while place not in offered and place in other:
            place = other[place]
        names[_key(name)] = place if place in offered else name
    return names


@cache
def _by_city() -> dict[str, str]:
    """The last part of each place, where there is one place of that name."""
    cities: dict[str, str] = {}
    for place in places():
        city = _key(place.name.rpartition("/")[2])
        cities[city] = "" if city in cities else place.name
    return cities


def _key(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


def _is_place(name: str) -> bool:
    return "/" in name and not name.startswith(("Etc/", "SystemV/"))


def _lines(file: str) -> list[str]:
    """Of a file of the database, from where Python reads the zones; none where the file is not there."""
    for folder in zoneinfo.TZPATH:
        if (path := Path(folder, file)).is_file():
            return _without_remarks(path.read_text(encoding="utf-8"))
    try:
        return _without_remarks((resources.files("tzdata.zoneinfo") / file).read_text(encoding="utf-8"))
    except (ModuleNotFoundError, FileNotFoundError):
        return []


def _without_remarks(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]
