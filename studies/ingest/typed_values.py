"""Values of a study that a person types in place of those that were received, as DICOM can hold them."""

import re
from collections.abc import Mapping
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from studies.corrected import TAGS, VRS
from studies.ingest.text import UNSTORABLE, lenient_date

LONGEST = {"LO": 64, "SH": 16, "CS": 16, "PN": 64}
SEXES = ("", "M", "F", "O")
NOT_DRAWN = re.compile("[\u200b\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
INVISIBLE = gettext_noop("Leave out invisible characters and line breaks.")
TOO_LONG = gettext_noop("Use %(longest)s characters at most.")
BACKSLASH = gettext_noop("A backslash cannot be part of a DICOM value.")
GROUPS = gettext_noop("A name has three groups at most, divided by “=”.")
PARTS = gettext_noop("A name has five parts at most, divided by “^”.")
LONG_GROUP = gettext_noop("Use %(longest)s characters at most for a name in a single writing.")
NO_DAY = gettext_noop("Enter a day of the calendar, such as 1961-07-04.")
NOT_YET = gettext_noop("A birth date cannot be in the future.")
NO_SEX = gettext_noop("Choose a sex from the list.")


def corrected_values(typed: Mapping[str, str], *, present: Mapping[str, str], today: date) -> dict[str, str]:
    """What differs from the present values, by column. Raises ValidationError with a sentence for each column.

    A value that is not touched is not judged: it was received as it is.
    """
    changed, errors = {}, {}
    for column in TAGS:
        value = typed.get(column, present[column]).strip()
        if value == present[column]:
            continue
        try:
            value = _checked(column, value, today)
        except ValidationError as error:
            errors[column] = error
            continue
        if value != present[column]:
            changed[column] = value
    if errors:
        raise ValidationError(errors)
    return changed


def _checked(column: str, value: str, today: date) -> str:
    if UNSTORABLE.search(value) or NOT_DRAWN.search(value):
        raise ValidationError(_(INVISIBLE))
    if "\\" in value:
        raise ValidationError(_(BACKSLASH))
    vr = VRS[column]
    if vr == "DA":
        return _day(value, today) if value else ""
    if column == "patient_sex" and value not in SEXES:
        raise ValidationError(_(NO_SEX))
    if vr == "PN":
        return _name(value)
    if len(value) > LONGEST[vr]:
        raise ValidationError(_(TOO_LONG) % {"longest": LONGEST[vr]})
    return value


def _day(value: str, today: date) -> str:
    day = lenient_date(value) if re.fullmatch(r"\d{4}[-./]?\d{2}[-./]?\d{2}", value) else None
    if day is None:
        raise ValidationError(_(NO_DAY))
    if day > today:
        raise ValidationError(_(NOT_YET))
    return f"{day:%Y%m%d}"


def _name(value: str) -> str:
    groups = value.split("=")
    if len(groups) > 3:
        raise ValidationError(_(GROUPS))
    if any(group.count("^") > 4 for group in groups):
        raise ValidationError(_(PARTS))
    if any(len(group) > LONGEST["PN"] for group in groups):
        raise ValidationError(_(LONG_GROUP) % {"longest": LONGEST["PN"]})
    return value
