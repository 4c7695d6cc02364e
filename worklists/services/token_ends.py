"""How long a token works: always until a day, at most a year from the day on which it is made."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.days import end_of_day, today_in
from worklists.selectors.tokens import last_day_in


def last_moment_of(day: date, *, zone: str, now: datetime) -> datetime:
    """The moment at which a token ends whose last day is `day`; raises the sentence where it cannot be that day."""
    latest = last_day_in(zone, now)
    if day < today_in(zone, now):
        raise ValidationError({"last_day": _("The last day must be today or later.")})
    if day > latest:
        sentence = _("A token works for a year at most: choose a day up to %(day)s.")
        raise ValidationError({"last_day": sentence % {"day": latest.isoformat()}})
    return end_of_day(day, zone)
