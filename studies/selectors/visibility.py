"""What an actor may see: the single place that decides it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from audit.actor import Actor, Kind
from studies.models import Placement
from studies.models.placement import AWAITING_SQL, VISIBLE_SQL, PlacementQuerySet
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


def placements_to_decide_on(by: Actor) -> PlacementQuerySet:
    """Every placement that waits for approval where the person may approve it and open images.

    It is seen in the viewer and nowhere else: it is on no list, and is not downloaded, shared or asked for by DICOMweb.
    """
    awaiting = Placement.objects.awaiting()
    if by.kind is not Kind.USER:
        return awaiting.none()
    for codename in access.APPROVER_NEEDS:
        awaiting = awaiting.filter(worklist__in=access.worklists_for(by, codename))
    return awaiting


def rights_to_see(by: Actor, *, in_viewer: bool) -> tuple[str, ...]:
    """The rights that `seen_there` and what is opened there ask for, for `access.held_there`."""
    listed = () if by.guest_link is not None else ("list_studies",)
    decides = access.APPROVER_NEEDS if in_viewer and by.kind is Kind.USER else ()
    return tuple(dict.fromkeys((*listed, "open_study", "download_study", *decides)))


def seen_there(by: Actor, *, in_viewer: bool) -> str:
    """The condition of `placements_visible_to` on the placement `p` of a statement written by hand.

    The statement reads the rights on the placement's worklist as `may.rights` (`access.held_there`). In the viewer the
    condition of `placements_to_decide_on` counts as well. A guest link's own placements are asked for by the caller.
    """
    listed = "open_study" if by.guest_link is not None else "list_studies"
    seen = f"{VISIBLE_SQL} AND '{listed}' = ANY(may.rights)"
    if not in_viewer or by.kind is not Kind.USER:
        return seen
    decides = " AND ".join((AWAITING_SQL, *(f"'{each}' = ANY(may.rights)" for each in access.APPROVER_NEEDS)))
    return f"(({seen}) OR ({decides}))"


def placement_to_view(by: Actor, placement_uuid: UUID) -> Placement | None:
    """As `placement_for`, and what the person may decide on: for the viewer alone."""
    seen = placement_for(by, placement_uuid)
    if seen is not None or by.kind is not Kind.USER:
        return seen
    awaiting = _named(placements_to_decide_on(by)).filter(uuid=placement_uuid).first()
    if awaiting is not None:
        awaiting.is_awaiting, awaiting.is_asked_inside = True, _is_asked_inside(awaiting)
    return awaiting


# The shares are `sharing`'s, whose code is above this app: only the table is named.
_ASKED_INSIDE = """
SELECT EXISTS (
    SELECT FROM sharing_share s
    JOIN studies_placement source ON source.study_id = s.study_id AND source.worklist_id = s.from_worklist_id
    WHERE s.study_id = %s AND s.to_worklist_id = %s AND s.ended_at IS NULL AND s.approved_at IS NULL
        AND s.method <> 'email' AND COALESCE(s.expires_at, 'infinity') > statement_timestamp()
        AND source.internal_until > statement_timestamp())
"""


def _is_asked_inside(placement: Placement) -> bool:
    """Whether a share that waits comes from where the study is internal, by another method than email."""
    with connection.cursor() as cursor:
        cursor.execute(_ASKED_INSIDE, [placement.study_id, placement.worklist_id])
        return (True,) in cursor.fetchall()


def placement_for(by: Actor, placement_uuid: UUID) -> Placement | None:
    """The placement with what its page names, or None where the actor does not see it: one query."""
    return _with_page_names(by).filter(uuid=placement_uuid).first()


def placements_for(by: Actor, uuids: Collection[UUID]) -> list[Placement]:
    """Those that the actor sees, each as `placement_for` reads it: one query."""
    return list(_with_page_names(by).filter(uuid__in=uuids).order_by("pk"))


def _with_page_names(by: Actor) -> PlacementQuerySet:
    return _named(placements_visible_to(by))


def _named(placements: PlacementQuerySet) -> PlacementQuerySet:
    named = placements.with_names().select_related("study__home__account")
    return named.annotate(seen_at=Now())


def seen_at(placement: Placement) -> datetime:
    """The database's now at the moment `placement_for` read it."""
    moment: datetime = vars(placement)["seen_at"]
    return moment
