"""Who can see a study, why, since when, until when, granted by whom: as far as one reader may know it.

At home a reader is shown every worklist the study reached inside; from a shared worklist, the path up to home and what
descends from there. A target reached by email is shown as the email that was used, and the shares beyond that target as
a number; so are worklists of organisations that the reader does not belong to.
"""

from datetime import datetime
from uuid import UUID

from audit.actor import Actor
from sharing.selectors.access.reading import EVERYONE, Reading
from sharing.selectors.access.shown import AccessPlace, StudyAccess, last_moment
from studies.models import Placement

__all__ = ["EVERYONE", "AccessPlace", "StudyAccess", "last_moment", "who_has_access"]


def who_has_access(
    placement: Placement,
    by: Actor,
    now: datetime,
    *,
    names: UUID | str = "",
    path: UUID | None = None,
) -> StudyAccess:
    """A dozen statements, however many shares there are."""
    return Reading(placement, by, now).access(names, path)
