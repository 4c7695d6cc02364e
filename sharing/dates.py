"""An end date as a moment: inclusive, in the zone of the ticked worklist; and until when a press can be undone."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from common.days import end_of_day
from common.formats import in_words
from common.timezones import zone_named
from worklists.models import Worklist

# The last day that a share may end on; those near the end of all days have no moment in each zone.
LATEST = date(2199, 12, 31)
TOO_FAR = gettext_noop("This date is too far in the future.")


def end_of(day: date, worklist: Worklist) -> datetime:
    """The first moment after the day, in the zone of the worklist's account or owner."""
    return end_of_day(day, zone_of(worklist))


def zone_of(worklist: Worklist) -> str:
    """The time zone of the worklist's account or owner."""
    keeper = worklist.account or worklist.owner
    assert keeper is not None  # a constraint: a worklist is an account's or a user's
    return keeper.timezone


def moment_of(end: date | datetime | None, worklist: Worklist) -> datetime | None:
    """The moment a share ends: given as it is, or as its last day. Raises ValidationError for a day after LATEST."""
    if end is not None and not isinstance(end, datetime) and end > LATEST:
        raise ValidationError(_(TOO_FAR), code="until")
    return end if end is None or isinstance(end, datetime) else end_of(end, worklist)


def check_end(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise ValidationError(_("The end date must be today or later."), code="until")


def moment_in(zone: str, moment: datetime) -> str:
    """A moment with its zone, for a mail, which is read anywhere."""
    return f"{in_words(moment.astimezone(zone_named(zone)))} ({zone.replace('_', ' ')})"


def undo_until(shared: Iterable[datetime]) -> datetime | None:
    """Until when a press can be undone, whose shares were made then; its mails wait until that moment."""
    first = min(shared, default=None)
    return first + timedelta(seconds=settings.CIMAR_UNDO_SECONDS) if first is not None else None
