"""How dates, names, codes and counts are written for a reader: plain text, one way everywhere."""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.utils import dateformat, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from common.translated import translated

# Python also reads the week of a year as a date, which DICOM does not write.
WHOLE_DATE = re.compile(r"\d{4}(\d{4}|-\d\d-\d\d)")
CLOCK = re.compile(r"\d\d:\d\d")
SEX = {"F": gettext_noop("female"), "M": gettext_noop("male"), "O": gettext_noop("other")}


NOT_RECORDED = gettext_noop("not recorded")
NAME_NOT_RECORDED = gettext_noop("Name not recorded")


def not_recorded() -> str:
    """Shown in place of a value that is empty."""
    return translated(NOT_RECORDED)


def as_date(value: object) -> date | None:
    """Reads a date, a moment (in the reader's zone), DICOM `20261124` or ISO text; None where it is not a date."""
    if isinstance(value, datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).date()
    if isinstance(value, date):
        return value
    text = str(value or "").strip()
    try:
        return date.fromisoformat(text) if WHOLE_DATE.fullmatch(text) else None
    except ValueError:
        return None


def as_moment(value: object) -> datetime | None:
    try:
        moment = value if isinstance(value, datetime) else parse_datetime(str(value or ""))
    except ValueError:
        return None
    return timezone.localtime(moment) if moment and timezone.is_aware(moment) else moment


def day(value: object) -> str:
    """24 Nov 2026; of DICOM's `202611` Nov 2026, of `20260000` 2026. Text that is not a date is shown as stored."""
    read = as_date(value)
    return in_words(read) if read else _part_of_date(str(value or ""))


def _part_of_date(text: str) -> str:
    part = re.fullmatch(r"(\d{4})(?:[-./]?(?:00|(0[1-9]|1[0-2])))?(?:[-./]?00)?", text.strip())
    if part is None or part[1] == "0000":
        return text
    return dateformat.format(date(int(part[1]), int(part[2]), 1), "M Y") if part[2] else part[1]


def study_day(study: Any) -> str:
    """When a study was made: 24 Nov 2026, 08:40; without its time where that is not recorded."""
    at = study_clock(study)
    shown = day(study.study_date or study.study_date_raw)
    return f"{shown}, {at}" if at else shown


def study_clock(study: Any) -> str:
    """The time of a study whose day is known, as far as it is recorded."""
    at = time_of_day(study.study_time_raw) if study.study_date else ""
    return at if CLOCK.fullmatch(at) else ""


def in_words(read: date) -> str:
    """A date or a moment that `as_date` or `as_moment` read; a moment with its time."""
    if isinstance(read, datetime):
        return f"{_day_in_words(read.date(), get_language())}, {read:%H:%M}"
    return _day_in_words(read, get_language())


@lru_cache(maxsize=5000)
def _day_in_words(day: date, language: str | None) -> str:
    """A page has a hundred and fifty dates, and the name of each month is looked up in the reader's language."""
    return dateformat.format(day, "j M Y")


def moment(value: object) -> str:
    """24 Nov 2026, 14:05, in the reader's zone."""
    read = as_moment(value)
    return in_words(read) if read else day(value)


def second(value: object) -> str:
    """As `moment`, to the second: 24 Nov 2026, 14:05:09."""
    read = as_moment(value)
    return f"{in_words(read)}:{read:%S}" if read else day(value)


def time_of_day(value: object) -> str:
    """DICOM's `084000.12` as `08:40`; text that is not a time, or only its hour, is shown as stored."""
    time = re.fullmatch(r"([01]\d|2[0-3]):?([0-5]\d)(:?([0-5]\d|60)(\.\d*)?)?", str(value or "").strip())
    return f"{time[1]}:{time[2]}" if time else str(value or "")


def person_name(value: object) -> str:
    """DICOM's `DOE^JANE^MARY^DR` as `DOE, JANE MARY (DR)`; other text as stored."""
    groups = [group for group in str(value or "").split("=") if group.strip(" ^")]
    if not groups:
        return ""
    parts = [" ".join(part.split()) for part in groups[0].split("^")]
    family, given, middle, prefix, suffix = (parts + [""] * 5)[:5]
    name = ", ".join(part for part in (family, " ".join(filter(None, (given, middle)))) if part)
    titles = ", ".join(filter(None, (prefix, suffix)))
    return f"{name} ({titles})" if name and titles else name or titles


def patient_name(value: object) -> str:
    """`person_name`, or that it is not recorded."""
    return person_name(value) or translated(NAME_NOT_RECORDED)


def sex_word(value: object) -> str:
    text = str(value or "").strip()
    word = SEX.get(text.upper())
    return translated(word) if word else text


def size_in_words(size: float) -> str:
    """A number of bytes with its unit: 2 GiB."""
    for unit, name in ((1024**4, "TiB"), (1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if size >= unit:
            number = size / unit
            return f"{number:.3g} {name}" if number < 1000 else f"{number:,.0f} {name}"
    return _("%(size)s bytes") % {"size": f"{size:.0f}"}


def code_groups(code: object) -> list[str]:
    """A share code in groups to read aloud: a word stays whole, also with a number after it; else threes or fours."""
    text = "".join(str(code or "").split()).upper()
    if text.isalpha():
        return [text]
    if named := re.fullmatch(r"([A-Z]{3,})(\d{2,4})", text):
        return list(named.groups())
    size = 3 if len(text) % 3 == 0 and len(text) <= 9 else 4
    return [text[start : start + size] for start in range(0, len(text), size)]


def with_article(noun: str) -> str:
    """a worklist, an account"""
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}"
