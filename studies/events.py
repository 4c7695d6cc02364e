"""What an audit event records of a placement: the ids and labels that outlive it."""

from datetime import datetime
from typing import Any

from audit.services import On
from studies.models import Placement
from worklists.events import on_worklist_with


def on_placement(placement: Placement, *, at: datetime, **more: Any) -> On:
    """For an action on a study on a worklist; select `study`, `worklist__account` and `worklist__owner` with it.

    `at` is the database's now: it decides whether the event belongs to the original's trail.
    """
    return on_worklist_with(
        placement.worklist,
        study_id=placement.study_id,
        study_uid=placement.study.study_instance_uid,
        placement_uuid=placement.uuid,
        in_original=placement.internal_until > at,
        **more,
    )
