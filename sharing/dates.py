"""An end date as a moment: inclusive, in the zone of the ticked worklist."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.days import end_of_day
from worklists.models import Worklist


def end_of(day: date, worklist: Worklist) -> datetime:
    """The first moment after the day, in the zone of the worklist's account or owner."""
    keeper = worklist.account or worklist.owner
    assert keeper is not None  # a constraint: a worklist is an account's or a user's
    return end_of_day(day, keeper.timezone)


def moment_of(end: date | datetime | None, worklist: Worklist) -> datetime | None:
    """The moment a share ends: given as it is, or as its last day."""
    return end if end is None or isinstance(end, datetime) else end_of(end, worklist)


def check_end(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise ValidationError(_("The end date must be today or later."), code="until")
