"""What a person may see: the one place that answers it."""

from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now

from accounts.models import User
from studies.models import Placement
from studies.models.placement import PlacementQuerySet
from worklists import access


def placements_visible_to(user: User) -> PlacementQuerySet:
    """Every placement on a worklist whose list the user may see, while a path leads to it."""
    return Placement.objects.visible().filter(worklist__in=access.worklists_for(user, "list_studies"))


def placement_for(user: User, placement_uuid: UUID) -> Placement | None:
    """The placement with what its page names, or None where it is not there for this user: one query."""
    return (
        placements_visible_to(user)
        .with_names()
        .select_related("study__home__account")
        .annotate(seen_at=Now())
        .filter(uuid=placement_uuid)
        .first()
    )


def seen_at(placement: Placement) -> datetime:
    """The database's now at the moment `placement_for` found it."""
    moment: datetime = placement.seen_at  # type: ignore[attr-defined]
    return moment
