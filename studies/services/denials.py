"""What a refused request was about, for its one line in the audit trail."""

from collections.abc import Mapping
from uuid import UUID

from accounts.models import User
from audit import clock
from audit.services import On
from studies import selectors
from studies.events import on_placement
from studies.models import Placement

# The names under which addresses and forms carry a placement, in the order they are believed.
NAMES = ("placement", "placement_uuid", "uuid")


def on_denied(user: object, named: Mapping[str, object]) -> On | None:
    """The placement the request named, where the person sees it: the line tells of nothing they do not know."""
    if not isinstance(user, User):
        return None
    placements = (_placement(user, named[name]) for name in NAMES if name in named)
    found = next(filter(None, placements), None)
    return on_placement(found, at=clock.now()) if found is not None else None


def _placement(user: User, named: object) -> Placement | None:
    try:
        return selectors.placement_for(user, UUID(str(named)))
    except ValueError:
        return None
