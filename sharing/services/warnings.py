"""Both sides of a share are warned before it ends, once for each end date."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from sharing.lives import SHORTEST_WARNED, WARNED_BEFORE
from sharing.models import Share
from sharing.services import notices

SWEEP = 500


@transaction.atomic
def warn_of_ends() -> int:
    """Notify both sides of the shares that end within three days; how many shares.

    However often and however late this is called, an end date is warned of once; an end date that was changed is
    another. A share that was made or approved shortly before its end has no warning. At most a few hundred a call.
    """
    soon = Share.objects.carrying().filter(expires_at__lte=Now() + WARNED_BEFORE)
    fresh = soon.filter(Q(warned_of=None) | ~Q(warned_of=F("expires_at")))
    lived = Q(expires_at__gte=F("approved_at") + SHORTEST_WARNED)
    wanted = fresh.filter(lived | Q(warned_of__isnull=False)).order_by("expires_at", "pk")
    # Another run that has these shares already warns of them.
    locked = wanted.select_for_update(of=("self",), no_key=True, skip_locked=True)
    shares = list(locked.select_related("shared_by", "from_worklist")[:SWEEP])
    Share.objects.filter(pk__in=[share.pk for share in shares]).update(warned_of=F("expires_at"))
    groups: dict[tuple[UUID, datetime | None], list[Share]] = {}
    for share in shares:
        groups.setdefault((share.press, share.expires_at), []).append(share)
    for of_press in groups.values():
        _warn(of_press)
    return len(shares)


def _warn(shares: Sequence[Share]) -> None:
    """`shares` are of one press and end together: one notice for each person of both sides."""
    first = shares[0]
    assert first.expires_at is not None  # it ends soon
    notices.tell_ending(shares=shares, key=f"{first.press}:{first.expires_at.isoformat()}")
