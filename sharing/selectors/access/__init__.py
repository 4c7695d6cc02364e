"""Who can see a study, why, since when, until when, granted by whom: as far as one reader may know it.

At home a reader knows every worklist the study reached inside; from a shared worklist, the path up to home and what
descends from there. A target reached by email is known as the address that was used, and what goes on beyond it as a
number; so are worklists of organisations the reader has nothing to do with.
"""

from datetime import datetime
from uuid import UUID

from audit.actor import Actor
from sharing.selectors.access.reading import EVERYBODY, Reading
from sharing.selectors.access.shown import AccessPlace, StudyAccess, last_moment
from studies.models import Placement

__all__ = ["EVERYBODY", "AccessPlace", "StudyAccess", "last_moment", "who_has_access"]


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
