"""Which shares a person sees."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.actor import Actor
from sharing.models import Share
from studies.models import Placement
from studies.selectors import placements_visible_to
from worklists import access
from worklists.models import Worklist


def shares_seen_by(by: Actor) -> QuerySet[Share]:
    """Shares, ended ones too, from, to or at home on a worklist whose list the person may see."""
    worklists = access.worklists_for(by, "list_studies")
    return Share.objects.filter(
        Q(from_worklist__in=worklists) | Q(to_worklist__in=worklists) | Q(study__home__in=worklists)
    )


def shares_awaiting(by: Actor) -> QuerySet[Share]:
    """Shares that wait for a decision on the worklists the person may see."""
    return Share.objects.awaiting().filter(to_worklist__in=access.worklists_for(by, "list_studies"))


@dataclass(frozen=True)
class ReceivedPress:
    """The placements of one press that a reader still has, and the worklists on which they ever had any."""

    placements: list[Placement]
    worklists: list[Worklist]
    shared_by: str = ""
    note: str = ""


def press_for(by: Actor, press: UUID) -> ReceivedPress:
    """The placements that a press's shares still hold on worklists the reader may see."""
    mine = list(
        Share.objects.filter(
            press=press,
            to_worklist__in=access.worklists_for(by, "list_studies"),
            approved_at__isnull=False,
        )
        .select_related("shared_by", "to_worklist__account", "to_worklist__owner")
        .order_by("id")
    )
    if not mine:
        return ReceivedPress([], [])
    standing = Share.objects.carrying().filter(
        pk__in=[share.pk for share in mine], study=OuterRef("study"), to_worklist=OuterRef("worklist")
    )
    placements = (
        placements_visible_to(by)
        .filter(Exists(standing))
        .with_names()
        .order_by("-study_date", "-study_time", "-id")
    )
    worklists = {share.to_worklist_id: share.to_worklist for share in mine if share.to_worklist is not None}
    return ReceivedPress(
        list(placements[:500]), list(worklists.values()), mine[0].shared_by.name, mine[0].note
    )


def worklist_ids(by: Actor, codename: str) -> set[int]:
    """The worklists where the person holds the right, as a set of keys for a page's own use."""
    return set(access.worklists_for(by, codename).values_list("pk", flat=True))


def worklists_with_names(worklist_ids: set[int]) -> dict[int, Worklist]:
    """These worklists with what their labels need: one statement."""
    return Worklist.objects.with_names().in_bulk(worklist_ids)
