"""A study is opened: the event of the trail, and the row from which a worker learns of it."""

from collections.abc import Sequence

from audit.models import AuditEvent
from audit.services import record_all
from common.copying import FEW
from studies.models import Opening, Placement


def record_openings(opened: Sequence[tuple[Placement, AuditEvent]]) -> None:
    """In the transaction of the read. Select `study` with the placements.

    Where a study was shared to and a person opens it, a row is left for a worker (`sharing.tell_openings`), who looks
    for the shares that it is the first opening of: the reader asks and locks nothing for it.
    """
    for first in range(0, len(opened), FEW):
        # So few are written with their keys.
        batch = opened[first : first + FEW]
        record_all(event for _, event in batch)
        shared = [
            Opening(event_id=event.pk)
            for placement, event in batch
            if event.by_id is not None and placement.worklist_id != placement.study.home_id
        ]
        if shared:
            Opening.objects.bulk_create(shared)
