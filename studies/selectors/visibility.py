"""What an actor may see: the single place that decides it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now

from audit.actor import Actor
from studies.models import Placement
from studies.models.placement import PlacementQuerySet
from worklists import access


def placements_visible_to(by: Actor) -> PlacementQuerySet:
    """Every placement on a worklist whose list the actor may see, while a path leads to it.

    A guest link sees no list: its own placements, where the role *Guest* may open them.
    """
    visible = Placement.objects.visible()
    if by.guest_link is not None:
        opened = access.worklists_for(by, "open_study")
        return visible.filter(uuid__in=by.guest_link.placements, worklist__in=opened)
    return visible.filter(worklist__in=access.worklists_for(by, "list_studies"))


def placement_for(by: Actor, placement_uuid: UUID) -> Placement | None:
    """The placement with what its page names, or None where the actor does not see it: one query."""
    return _with_page_names(by).filter(uuid=placement_uuid).first()


def placements_for(by: Actor, uuids: Collection[UUID]) -> list[Placement]:
    """Those that the actor sees, each as `placement_for` reads it: one query."""
    return list(_with_page_names(by).filter(uuid__in=uuids).order_by("pk"))


def _with_page_names(by: Actor) -> PlacementQuerySet:
    visible = placements_visible_to(by).with_names().select_related("study__home__account")
    return visible.annotate(seen_at=Now())


def seen_at(placement: Placement) -> datetime:
    """The database's now at the moment `placement_for` read it."""
    moment: datetime = placement.seen_at  # type: ignore[attr-defined]  # annotated by `placement_for`
    return moment
