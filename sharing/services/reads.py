"""Audited reads of the pages about shares: the read and its audit event are committed in one transaction."""

from typing import Any
from uuid import UUID

from django.db import transaction

from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record, record_all
from common.exceptions import NothingThere
from sharing import selectors
from studies.events import on_placement
from studies.models import Placement
from worklists.events import on_worklist


@transaction.atomic
def read_access(
    *,
    placement: Placement,
    by: Actor,
    names: UUID | str = "",
    path: UUID | None = None,
) -> selectors.StudyAccess:
    """Who can see this study, as far as the person may know it from where they see it.

    `names`: the worklist whose people are to be named, or `EVERYONE`; `path`: the share whose whole path is wanted.
    """
    now = clock.now()
    asked = {"names": names, "path": path}
    detail = {what: str(which) for what, which in asked.items() if which}
    record(Action.ACCESS_READ, by=by, on=on_placement(placement, at=now, detail=detail))
    return selectors.who_has_access(placement, by, now, names=names, path=path)


@transaction.atomic
def read_access_names(*, placement: Placement, worklist: UUID, by: Actor) -> selectors.AccessPlace:
    """A worklist of that page with its people named; NothingThere where the person may not know them."""
    shown = read_access(placement=placement, by=by, names=worklist)
    place = next((place for place in shown.places if place.uuid == worklist and place.roles), None)
    if place is None:
        raise NothingThere
    return place


@transaction.atomic
def read_access_path(*, placement: Placement, share: UUID, by: Actor) -> list[dict[str, Any]]:
    """The steps that page leaves out of the path of one share; NothingThere where it leaves out none."""
    shown = read_access(placement=placement, by=by, path=share)
    grant = next((grant for grant in shown.grants if grant.share.uuid == share and grant.is_folded), None)
    if grant is None:
        raise NothingThere
    return grant.hidden_steps


@transaction.atomic
def read_received(*, press: UUID, by: Actor) -> selectors.ReceivedPress:
    """The placements of a press that the person still has; NothingThere where they never had any."""
    received = selectors.press_for(by, press)
    if not received.was_there:
        raise NothingThere
    worklists = {placement.worklist_id: placement.worklist for placement in received.placements}
    record_all(
        event(
            Action.LIST_READ,
            by=by,
            on=on_worklist(worklist, press=str(press)),
        )
        for _, worklist in sorted(worklists.items())
    )
    return received
