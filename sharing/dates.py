"""An end date as a moment: inclusive, in the zone of the ticked worklist."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worklists.models import Worklist


def end_of(day: date, worklist: Worklist) -> datetime:
    """The first moment after the day, where the worklist is: its account's zone, or its owner's."""
    zone = (
        worklist.account.timezone
        if worklist.account is not None
        else worklist.owner.timezone
    )  # type: ignore[union-attr]
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone))
