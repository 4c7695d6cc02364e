"""What a reader's own role lets them do with a study on the worklist where they see it, and until when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from audit.actor import Actor
from studies.models import FOREVER, Placement
from worklists.permissions import labels


@dataclass(frozen=True)
class OwnAccess:
    """`may` are labels of permissions; `until` is empty where there is no end date."""

    role: str
    worklist: str
    may: list[str]
    until: datetime | None


def own_access(by: Actor, placement: Placement, rights: Collection[str]) -> OwnAccess:
    """No query: `rights` were read with the name of the role."""
    worklist = placement.worklist
    return OwnAccess(
        role=by.role_label(worklist.account_id, worklist.pk),
        worklist=worklist.label,
        may=labels(rights),
        until=placement.visible_until if placement.visible_until < FOREVER else None,
    )
