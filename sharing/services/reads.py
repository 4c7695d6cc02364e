"""Audited reads of the pages about shares: the read and its audit event are committed in one transaction."""

from uuid import UUID

from django.db import transaction

from accounts.models import User
from audit import clock
from audit.actions import Action
from audit.services import event, record, record_all
from common.exceptions import NothingThere
from sharing import selectors
from studies.events import on_placement, on_worklist
from studies.models import Placement


@transaction.atomic
def read_access(*, placement: Placement, by: User, address: str | None = None) -> selectors.Access:
    """Who can see this study, as far as the person may know it from where they see it."""
    now = clock.now()
    record(Action.ACCESS_READ, by=by, on=on_placement(placement, at=now), address=address)
    return selectors.who_has_access(placement, by, now)


@transaction.atomic
def read_received(*, press: UUID, by: User, address: str | None = None) -> selectors.Received:
    """What of a press still stands for the person; NothingThere where nothing ever did."""
    received = selectors.press_for(by, press)
    if not received.stood:
        raise NothingThere
    worklists = {placement.worklist_id: placement.worklist for placement in received.placements}
    record_all(
        event(
            Action.LIST_READ,
            by=by,
            on=on_worklist(worklist, detail={"press": str(press)}),
            address=address,
        )
        for _, worklist in sorted(worklists.items())
    )
    return received
