"""The outbox in numbers, for a monitor."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Min
from django.db.models.functions import Now

from accounts.models import OutboxMail

MANY = 100_000  # a higher number is not counted
RECENT_MAILS = 50_000
STRUGGLING = 5  # tries


@dataclass(frozen=True)
class OutboxNumbers:
    """`given_up` is of the last RECENT_MAILS mails; `due_since` is when the mail that waits longest became due."""

    waiting: int
    struggling: int
    given_up: int
    due_since: datetime | None


def outbox_numbers() -> OutboxNumbers:
    """Each number reads one partial index, or a limited number of the newest rows."""
    waiting = OutboxMail.objects.waiting()
    newest = OutboxMail.objects.aggregate(newest=Max("pk"))["newest"] or 0
    return OutboxNumbers(
        waiting=waiting[:MANY].count(),
        struggling=waiting.filter(attempts__gte=STRUGGLING)[:MANY].count(),
        given_up=OutboxMail.objects.filter(
            pk__gt=newest - RECENT_MAILS, dropped_as=OutboxMail.Dropped.GIVEN_UP
        ).count(),
        due_since=waiting.filter(due_at__lte=Now()).aggregate(since=Min("due_at"))["since"],
    )
