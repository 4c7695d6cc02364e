"""What became of a share, in the columns that the files of shares have in common."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_noop

from audit.history import name_in
from sharing.delivery import Delivery
from sharing.selectors.register import RegisterLine
from sharing.selectors.shared_by_me import SentShare

HEAD = (
    gettext_noop("Last day"),
    gettext_noop("State"),
    gettext_noop("Why"),
    gettext_noop("Accepted"),
    gettext_noop("Approved"),
    gettext_noop("First opened"),
    gettext_noop("Images opened"),
    gettext_noop("Images opened by"),
    gettext_noop("Report opened"),
    gettext_noop("Report opened by"),
    gettext_noop("Downloaded"),
    gettext_noop("Downloaded by"),
    gettext_noop("Acknowledged"),
    gettext_noop("Acknowledged by"),
    gettext_noop("Ended"),
)


def columns_of(line: SentShare | RegisterLine, zone: ZoneInfo) -> Iterator[object]:
    """As `HEAD` names them."""
    yield line.last_day.astimezone(zone).date() if line.last_day is not None else ""
    yield line.standing.state.word
    yield line.standing.why
    yield from _delivered(line.delivery or Delivery(), zone)
    yield shown_moment(line.share.ended_at, zone)


def _delivered(delivery: Delivery, zone: ZoneInfo) -> Iterator[object]:
    """What the page says of the delivery, a column for each moment and each person."""
    for moment in (delivery.accepted, delivery.approved, delivery.opened):
        yield shown_moment(moment, zone)
    for step in (delivery.images, delivery.report, delivery.download):
        yield shown_moment(step.at if step is not None else None, zone)
        yield name_in(step.by_label) if step is not None else ""
    who = delivery.acknowledged_by
    yield shown_moment(delivery.acknowledged, zone)
    yield name_in(who.by_label) if who is not None else ""


def shown_moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).isoformat(sep=" ", timespec="seconds") if moment is not None else ""
