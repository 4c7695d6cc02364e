"""What monitoring reads of shares."""

from datetime import datetime

from django.db.models import Min

from sharing.models import Share
from studies.models import Placement


def settlement_overdue_since() -> datetime | None:
    """When the oldest share or placement ended by the clock that no settling has recorded; None where there is none."""
    moments = (
        Share.objects.overdue().aggregate(first=Min("expires_at"))["first"],
        Placement.objects.overdue().aggregate(first=Min("exists_until"))["first"],
    )
    return min((moment for moment in moments if moment is not None), default=None)
