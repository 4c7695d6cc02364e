"""What the viewer's page does beyond showing: an image that is taken out of it is in the trail before it is given."""

from uuid import UUID

from django.db import transaction

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere
from studies import selectors
from studies.events import Taken, on_placement
from studies.models import Instance, Placement
from studies.services.reads import check_open

ACTIONS = {Taken.SAVE: Action.IMAGE_SAVE, Taken.PRINT: Action.IMAGE_PRINT}


@transaction.atomic
def take_image(
    *, placement: Placement, by: Actor, how: Taken, series: UUID, instance: UUID, frame: int = 1
) -> None:
    """That the person saves or prints an image; NothingThere where the study has no such image.

    `placement` comes from `selectors.placement_for`; frames count from 1.
    """
    check_open(placement=placement, by=by)
    image = Instance.objects.filter(study=placement.study_id, series__uuid=series, uuid=instance)
    number = image.filter(frames__gte=frame).values_list("number", flat=True)[:1]
    if not number:
        raise NothingThere
    detail = {"series": str(series), "instance": str(instance), "frame": frame, "number": number[0]}
    record(ACTIONS[how], by=by, on=on_placement(placement, at=selectors.seen_at(placement), detail=detail))
