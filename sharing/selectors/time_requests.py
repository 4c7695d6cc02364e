"""Which share a reader may ask more time for, and what was asked of a share's maker."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q

from audit import clock
from audit.actor import Actor
from common.days import last_moment, today_in
from sharing.dates import zone_of
from sharing.lives import longer_end
from sharing.models import Share, TimeRequest
from sharing.selectors.lives import policies_for
from sharing.selectors.recipients import RECIPIENT
from studies.models import Placement


def share_to_extend(placement: Placement) -> Share | None:
    """The share that keeps the study here longest, where it has an end and no other share outlasts it."""
    if placement.is_home:
        return None
    carrying = Share.objects.carrying().filter(study=placement.study_id, to_worklist=placement.worklist_id)
    shares = list(carrying.select_related("shared_by", "from_worklist__account", "from_worklist__owner"))
    if not shares or any(share.expires_at is None for share in shares):
        return None
    return max(shares, key=lambda share: (share.expires_at, share.pk))


@dataclass(frozen=True)
class TimeAsked:
    """What the maker of a share is asked. `until` is the last day a click gives; None where no later is allowed."""

    share: Share
    asked_by: str
    last_day: date
    until: date | None


def theirs(by: Actor) -> Q:
    """The shares that the person made, and those that they took over from someone who left."""
    return Q(shared_by=by.person) | Q(taken_over__keeper=by.person)


def time_asked_of(by: Actor, share: UUID) -> TimeAsked | None:
    """The question that waits for the person's answer, about a share of theirs that has not ended."""
    made = Share.objects.carrying().filter(theirs(by), uuid=share)
    standing = made.select_related("from_worklist__account", "from_worklist__owner", *RECIPIENT).first()
    if standing is None or standing.expires_at is None:
        return None
    asked = TimeRequest.objects.filter(share=standing, expires_at=standing.expires_at, answered_at=None)
    request = asked.select_related("asked_by").first()
    if request is None:
        return None
    zone = zone_of(standing.from_worklist)
    policies = policies_for(standing.from_worklist, [standing.method])
    end = longer_end(policies, standing.method, standing.expires_at, clock.now(), zone=zone)
    return TimeAsked(
        standing,
        request.asked_by.name,
        today_in(zone, last_moment(standing.expires_at)),
        today_in(zone, last_moment(end)) if end is not None else None,
    )
