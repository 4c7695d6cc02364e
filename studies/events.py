"""What an audit event says of a placement: the ids and labels that outlive it."""

from datetime import datetime
from typing import Any

from audit.services import On
from studies.models import Placement
from worklists.models import Worklist


def on_worklist(worklist: Worklist, **more: Any) -> On:
    """For a deed on a worklist as a whole; select `account` and `owner` with it."""
    return On(
        account_id=worklist.account_id,
        account_label=worklist.account.name if worklist.account is not None else "",
        worklist_id=worklist.pk,
        worklist_label=worklist.label,
        **more,
    )


def on_placement(placement: Placement, *, at: datetime, **more: Any) -> On:
    """For a deed on a study where it stands; select `study`, `worklist__account` and `worklist__owner` with it.

    `at` is the database's now: it decides whether the event belongs to the original's trail.
    """
    return on_worklist(
        placement.worklist,
        study_id=placement.study_id,
        study_uid=placement.study.study_instance_uid,
        placement_uuid=placement.uuid,
        in_original=placement.internal_until > at,
        **more,
    )
