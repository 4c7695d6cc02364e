"""What an audit event records of a placement: the ids and labels that outlive it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from audit.services import On
from studies.models import Placement, Upload
from worklists.events import on_worklist, on_worklist_with


class Taken(StrEnum):
    """How an image leaves the viewer."""

    SAVE = "save"
    PRINT = "print"


def on_placement(placement: Placement, *, at: datetime, **more: Any) -> On:
    """For an action on a study on a worklist; select `study`, `worklist__account` and `worklist__owner` with it.

    `at` is the database's now: it decides whether the event belongs to the original's trail. What an approver viewed
    before the decision says so, and belongs there where the study would.
    """
    if placement.is_awaiting:
        more["detail"] = {**more.get("detail", {}), "before_approval": True}
    return on_worklist_with(
        placement.worklist,
        study_id=placement.study_id,
        study_uid=placement.study.study_instance_uid,
        placement_uuid=placement.uuid,
        in_original=placement.internal_until > at or placement.is_asked_inside,
        **more,
    )


def on_upload(upload: Upload, **detail: Any) -> On:
    """For an action on an upload: where it arrives, and whose upload address it was sent to."""
    detail = {"upload": str(upload.uuid), **detail}
    to = upload.sent_to
    if to is None:
        return on_worklist(upload.worklist, **detail)
    return on_worklist_with(
        upload.worklist, other_worklist_id=to.pk, other_worklist_label=to.label, detail=detail
    )


def on_placements(placements: Sequence[Placement], *, at: datetime, **detail: Any) -> On:
    """For a read of some studies of one worklist at once: one event, which keeps the studies' number and ids.

    A read of one study alone is in that study's trail.
    """
    if len(placements) == 1:
        return on_placement(placements[0], at=at, detail=detail)
    ids = sorted(placement.study_id for placement in placements)
    return on_worklist(placements[0].worklist, studies=len(ids), study_ids=ids, **detail)
