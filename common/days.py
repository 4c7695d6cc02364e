"""Days as people mean them: an end date is inclusive, in a time zone."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def end_of_day(day: date, zone: str) -> datetime:
    """The first moment after the day."""
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone))


def today_in(zone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def last_moment(end: datetime) -> datetime:
    """An end is the first moment after the last day; people are shown the day."""
    return end - timedelta(microseconds=1)
