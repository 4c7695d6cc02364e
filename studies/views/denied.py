"""What a refused request was about, for its line in the audit trail."""

from uuid import UUID

from django.http import HttpRequest

from accounts.models import User
from audit import clock
from audit.services import On
from studies import selectors
from studies.events import on_placement
from studies.models import Placement

# The names under which addresses and forms carry a placement.
NAMES = ("placement", "placement_uuid", "uuid")


def denied_on(request: HttpRequest) -> On | None:
    """The first placement in the address or the form that the person sees; a 403 tells of nothing they do not."""
    if not isinstance(request.user, User):
        return None
    found = next(filter(None, (_placement(request.user, named) for named in _named(request))), None)
    return on_placement(found, at=clock.now()) if found is not None else None


def _placement(user: User, named: object) -> Placement | None:
    try:
        return selectors.placement_for(user, UUID(str(named)))
    except ValueError:
        return None


def _named(request: HttpRequest) -> list[object]:
    kwargs = request.resolver_match.kwargs if request.resolver_match else {}
    in_form = request.POST.get("placement") or request.GET.get("placement")
    return [kwargs[name] for name in NAMES if name in kwargs] + ([in_form] if in_form else [])
