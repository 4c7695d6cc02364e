"""Whether what was shared as urgent is opened in time. Pure: it asks no database and no clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sharing.models import Share

IS_PAST = gettext_noop("Choose a time in the future by which the study is to be opened.")
IS_TOO_LATE = gettext_noop("Choose a time within the next 30 days.")
LONGEST = timedelta(days=30)
AFTER_END = gettext_noop("The study is to be opened before the share ends. Choose an earlier time.")
END_TOO_EARLY = gettext_noop(
    "This share is urgent: its end date must be after the time it is to be opened by."
)
ENDS_BEFORE = gettext_noop("This share would end before the time that the study is to be opened by.")


class UrgentState(StrEnum):
    """What an urgent share has come to."""

    WAITS = "waits"
    IN_TIME = "in_time"
    LATE = "late"
    OVERDUE = "overdue"
    ESCALATED = "escalated"
    OVER = "over"


@dataclass(frozen=True)
class Deadline:
    """The time by which a changed share is to be opened; None where it is no longer urgent."""

    open_by: datetime | None


@dataclass(frozen=True)
class Urgency:
    """`contacts`: how many people were notified in turn that no one has opened the study."""

    state: UrgentState
    open_by: datetime
    opened: datetime | None = None
    contacts: int = 0

    @property
    def is_open(self) -> bool:
        """Whether someone is still to open the study."""
        return self.state in (UrgentState.WAITS, UrgentState.OVERDUE, UrgentState.ESCALATED)


def urgency_of(share: Share, *, opened: datetime | None, contacts: int, now: datetime) -> Urgency | None:
    """None for a share that is not urgent. `opened`: the first opening that counts (`Delivery.urgent_opened`)."""
    if share.open_by is None:
        return None
    return Urgency(_state(share, share.open_by, opened, contacts, now), share.open_by, opened, contacts)


def _state(
    share: Share, open_by: datetime, opened: datetime | None, contacts: int, now: datetime
) -> UrgentState:
    if opened is not None:
        return UrgentState.IN_TIME if opened <= open_by else UrgentState.LATE
    if share.ended_at is not None or (share.expires_at is not None and share.expires_at <= now):
        return UrgentState.OVER
    if now < open_by:
        return UrgentState.WAITS
    return UrgentState.ESCALATED if contacts else UrgentState.OVERDUE


def contradicts(open_by: datetime | None, expires_at: datetime | None) -> bool:
    """Whether a share would end before the study is to be opened."""
    return open_by is not None and expires_at is not None and open_by >= expires_at


def check_open_by(open_by: datetime | None, now: datetime, ends: list[datetime | None]) -> None:
    """A time in the next 30 days and before each end. Raises ValidationError with the code `open_by`."""
    if open_by is not None and open_by <= now:
        raise ValidationError(_(IS_PAST), code="open_by")
    if open_by is not None and open_by > now + LONGEST:
        raise ValidationError(_(IS_TOO_LATE), code="open_by")
    if any(contradicts(open_by, end) for end in ends):
        raise ValidationError(_(AFTER_END), code="open_by")
