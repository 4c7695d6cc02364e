"""What became of a press, for the person who made it and for those who may take it back."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from audit.actor import Actor
from sharing.models import Share
from sharing.selectors.shares import shares_seen_by

# The person's latest shares, among which a press of a minute ago is: a read with a bound, however many they made.
LATEST = 20_000


@dataclass(frozen=True)
class PressMade:
    """With how many recipients a press shared: at once, once it is approved, once they register."""

    shared: int
    awaiting: int
    invited: int


def made_in_press(by: Actor, press: UUID) -> PressMade | None:
    """The shares of the person's own press; None where it made none. One statement."""
    latest = Share.objects.filter(shared_by=by.person).order_by("-id")[:LATEST]
    made = Share.objects.filter(pk__in=latest.values("pk"), press=press).aggregate(
        invited=Count("invitation", distinct=True, filter=Q(to_worklist=None)),
        awaiting=Count("to_worklist", distinct=True, filter=Q(to_worklist__isnull=False, approved_at=None)),
        shared=Count(
            "to_worklist", distinct=True, filter=Q(to_worklist__isnull=False, approved_at__isnull=False)
        ),
    )
    return PressMade(**made) if any(made.values()) else None


def shares_of_press(by: Actor, press: UUID) -> QuerySet[Share]:
    """The shares of a press, ended ones too, that the person sees."""
    return shares_seen_by(by).filter(press=press).order_by("pk")
