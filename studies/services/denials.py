"""What a refused request was about, for its event in the audit trail."""

from collections.abc import Mapping
from uuid import UUID

from audit import clock
from audit.actor import Actor
from audit.services import On
from studies import selectors
from studies.events import on_placement
from studies.models import Placement

# The names under which URLs and forms carry a placement, in the order of their precedence.
NAMES = ("placement", "placement_uuid", "uuid")


def on_denied(by: Actor, named: Mapping[str, object]) -> On | None:
    """The placement the request named, where the person sees it: the event names nothing they may not see."""
    if by.user is None:
        return None
    placements = (_placement(by, named[name]) for name in NAMES if name in named)
    placement = next(filter(None, placements), None)
    return on_placement(placement, at=clock.now()) if placement is not None else None


def _placement(by: Actor, named: object) -> Placement | None:
    try:
        return selectors.placement_for(by, UUID(str(named)))
    except ValueError:
        return None
