"""Acknowledging: the recipient says, with one press, that a study has been received."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere, Refused
from sharing.selectors.incoming import acknowledgement_of, shares_of
from studies import selectors
from studies.events import on_placement
from studies.models import Placement

NOT_SHARED_WITH_YOU = gettext_noop("No other person shared this study with this worklist.")


@transaction.atomic
def acknowledge(*, placement: UUID, by: Actor) -> bool:
    """Acknowledge every share that holds the study here; False where that was done before.

    The event is on the recipient's worklist. Raises NothingThere, and Refused where nothing was shared by another.
    """
    person = by.person
    seen = selectors.placement_for(by, placement)
    if seen is None:
        raise NothingThere
    # Of two members who press at once, the later waits and reads the event of the earlier.
    Placement.objects.select_for_update().filter(pk=seen.pk).first()
    at = selectors.seen_at(seen)
    offered = acknowledgement_of(shares_of(seen), person.pk)
    if offered is None:
        raise Refused(_(NOT_SHARED_WITH_YOU), on=on_placement(seen, at=at))
    if offered.waits:
        record(Action.SHARE_ACKNOWLEDGE, by=by, on=on_placement(seen, at=at))
    return offered.waits
