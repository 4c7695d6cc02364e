"""What the visit of a guest link reads beside the pages of its studies."""

from uuid import UUID

from django.db import transaction

from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record_all
from common.exceptions import NothingThere
from studies import selectors
from studies.events import on_placement
from studies.models import Placement


def placements_of(by: Actor) -> frozenset[UUID]:
    """Those that the link showed when its visit began, or this request of it."""
    return by.guest_link.placements if by.guest_link is not None else frozenset()


@transaction.atomic
def read_studies(*, by: Actor) -> list[Placement]:
    """The studies of the link, the newest first, each with an event in its own trail. NothingThere without any."""
    seen = selectors.placements_for(by, placements_of(by))
    if not seen:
        raise NothingThere
    if len(seen) > 1:
        detail = {"page": "guest", "studies": len(seen)}
        at = selectors.seen_at(seen[0])
        record_all(
            event(Action.STUDY_OPEN, by=by, on=on_placement(each, at=at, detail=detail)) for each in seen
        )
    return sorted(seen, key=lambda each: (each.study_date, each.study_time, each.pk), reverse=True)
