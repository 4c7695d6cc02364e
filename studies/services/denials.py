"""What a refused request was about, for its one line in the audit trail."""

from collections.abc import Mapping
from uuid import UUID

from audit import clock
from audit.actor import Actor
from audit.services import On
from studies import selectors
from studies.events import on_placement
from studies.models import Placement

# The names under which addresses and forms carry a placement, in the order they are believed.
NAMES = ("placement", "placement_uuid", "uuid")


def on_denied(by: Actor, named: Mapping[str, object]) -> On | None:
    """The placement the request named, where the person sees it: the line tells of nothing they do not know."""
    if by.user is None:
        return None
    placements = (_placement(by, named[name]) for name in NAMES if name in named)
    found = next(filter(None, placements), None)
    return on_placement(found, at=clock.now()) if found is not None else None


def _placement(by: Actor, named: object) -> Placement | None:
    try:
        return selectors.placement_for(by, UUID(str(named)))
    except ValueError:
        return None
