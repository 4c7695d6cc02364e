"""What a person sent to other systems, and where they may send from a worklist."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from audit.actor import Actor
from studies.models import Instance, Placement, Sending
from studies.selectors.visibility import placements_visible_to
from worklists.models import Destination, Worklist

SHOWN = 50


@dataclass(frozen=True)
class SendingSeen:
    """A sending of the reader's own; `placement` is empty where they no longer see the study there."""

    sending: Sending
    placement: Placement | None


def destinations_from(worklist: Worklist) -> QuerySet[Destination]:
    """Those of the worklist's account; a personal worklist has none."""
    return Destination.objects.live().filter(account=worklist.account_id).order_by("name", "pk")


def sending_of(by: Actor, uuid: UUID, *, lock: bool = False) -> Sending | None:
    """A person's own sending; others' are as if they did not exist."""
    sendings = Sending.objects.filter(by=by.person, uuid=uuid)
    if lock:
        sendings = sendings.select_for_update(no_key=True, of=("self",))
    return sendings.select_related("study", "destination", "worklist__account", "worklist__owner").first()


def sendings_of(by: Actor, *, before: int | None = None) -> tuple[list[SendingSeen], bool]:
    """The person's sendings, the latest first, and whether there are more: two queries."""
    rows = list(_latest(by, before)[: SHOWN + 1])
    return _with_placements(by, rows[:SHOWN]), len(rows) > SHOWN


def how_far(by: Actor, *, before: int | None = None) -> list[Sending]:
    """The same rows without the studies, for a page that asks again and again."""
    return list(_latest(by, before)[:SHOWN])


def _latest(by: Actor, before: int | None) -> QuerySet[Sending]:
    own = Sending.objects.filter(by=by.person).select_related("destination")
    return (own if before is None else own.filter(pk__lt=before)).order_by("-pk")


def _with_placements(by: Actor, sendings: Sequence[Sending]) -> list[SendingSeen]:
    uuids = {sending.placement_uuid for sending in sendings}
    seen = placements_visible_to(by).filter(uuid__in=uuids).select_related("study")
    placements = {placement.uuid: placement for placement in seen}
    return [SendingSeen(sending, placements.get(sending.placement_uuid)) for sending in sendings]


def next_to_send(sending: Sending) -> Instance | None:
    """The file after the last that was dealt with, in the order of arrival."""
    rest = Instance.objects.filter(study=sending.study_id, pk__gt=sending.last_instance)
    return rest.order_by("pk").first()


def kinds_to_send(sending: Sending) -> set[tuple[str, str]]:
    """The SOP classes and transfer syntaxes of what is left."""
    rest = Instance.objects.filter(study=sending.study_id, pk__gt=sending.last_instance)
    return set(rest.order_by().values_list("sop_class_uid", "transfer_syntax_uid").distinct())
