"""Moving a study's home to another worklist of the same account: its shares go on from there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere
from common.text import reason_of
from sharing import permissions
from sharing.graph import Graph, load_graphs
from sharing.locks import lock_directory
from sharing.models import Share
from sharing.selectors.access.members import counts_of
from sharing.selectors.guest_links import links_on
from sharing.services import settling
from sharing.services.previews import record_studies, visible_placements
from studies.events import on_placement
from studies.models import FOREVER, Placement
from studies.selectors import placements_visible_to
from studies.services import rehome_study
from worklists.models import Worklist

NO_SUCH_HOME = gettext_noop("Choose a worklist of the same account on which you may upload studies.")


@dataclass(frozen=True)
class Changes:
    """What a move does to the shares of a study: which end, and which go on from the new home."""

    into_new_home: list[Share]
    duplicates: list[Share]
    moved: list[Share]


@dataclass(frozen=True)
class MovePreview:
    """Before and after: the worklists, how many people see each, what becomes of the shares and of guest links."""

    placement: Placement
    worklist: Worklist
    people_before: int
    people_after: int
    n_before: int
    n_after: int
    n_moved: int
    n_into: int
    n_duplicates: int
    n_links: int


@dataclass(frozen=True)
class Moved:
    """The placement at the new home, and how many shares go on from there."""

    placement: UUID
    worklist: Worklist
    shares: int


@transaction.atomic
def read_homes(*, placement: UUID, by: Actor) -> tuple[Placement, list[Worklist]]:
    """The study, and the worklists that can become its home. Raises NothingThere and PermissionDenied."""
    [chosen] = visible_placements([placement], by)
    permissions.check_move(by, chosen)
    record_studies("move", [chosen], by)
    return chosen, list(permissions.homes_for(by, chosen))


@transaction.atomic
def preview_move(*, placement: UUID, worklist: UUID, by: Actor) -> MovePreview:
    """What a move would change. Raises NothingThere, PermissionDenied and ValidationError."""
    [chosen] = visible_placements([placement], by)
    permissions.check_move(by, chosen)
    home = _home(by, chosen, worklist)
    record_studies("move", [chosen], by)
    graph = load_graphs([chosen.study_id])[chosen.study_id]
    changes = changes_of(graph, home, clock.now())
    people = counts_of([chosen.worklist_id, home.pk])
    return MovePreview(
        chosen,
        home,
        people.get(chosen.worklist_id, 0),
        people.get(home.pk, 0),
        sum(share.from_worklist_id == chosen.worklist_id for share in graph.shares),
        _after(graph, changes, home),
        len(changes.moved),
        len(changes.into_new_home),
        len(changes.duplicates),
        links_on({(chosen.study_id, chosen.worklist_id)}),
    )


@transaction.atomic
def move_home(*, placement: UUID, worklist: UUID, by: Actor, why: str) -> Moved:
    """Move the original to another worklist of the account. Raises as `preview_move`."""
    chosen = placements_visible_to(by).filter(uuid=placement).with_names().first()
    if chosen is None:
        raise NothingThere
    permissions.check_move(by, chosen)
    home = _home(by, chosen, worklist)
    why = reason_of(why)
    lock_directory(users=[], accounts=[], worklists=[home.pk, chosen.worklist_id])
    graphs, now = settling.locked_graphs([chosen.study_id])
    graph = graphs[chosen.study_id]
    if graph.study.deleted_at is not None or graph.study.home_id != chosen.worklist_id:
        raise NothingThere
    changes = changes_of(graph, home, now)
    detail = {"why": why, "shares": len(changes.moved), "ended": len(changes.into_new_home)}
    on = on_placement(
        chosen, at=now, detail=detail, other_worklist_id=home.pk, other_worklist_label=home.label
    )
    record(Action.STUDY_MOVE, by=by, on=on)
    for shares, reason in (
        (changes.into_new_home, Share.EndReason.MOVED),
        (changes.duplicates, Share.EndReason.DUPLICATE),
    ):
        settling.record_ends(shares, graphs, now, reason=reason, by=by)
        settling.stop(shares, graphs, now, reason=reason, by=by)
    _from_new_home(changes.moved, home)
    rehome_study(study=graph.study, worklist=home)
    # The old home has the study no more, whether shares ended or not.
    graph.has_lost = True
    settling.settle(graphs, now)
    there = Placement.objects.get(study=graph.study, worklist=home)
    return Moved(there.uuid, home, len(changes.moved))


def changes_of(graph: Graph, home: Worklist, now: datetime) -> Changes:
    """Of two shares that would be the same from the new home, the one that reaches further stays.

    That is the approved before one that waits, then the one with the later end.
    """
    old = graph.study.home_id
    into = [share for share in graph.shares if share.to_worklist_id == home.pk]
    rest = [share for share in graph.shares if share.to_worklist_id != home.pk]
    best: dict[tuple[object, ...], Share] = {}
    for share in rest:
        if share.from_worklist_id in (old, home.pk):
            key = _same(share)
            best[key] = max(best.get(key, share), share, key=_reach)
    duplicates = [
        share
        for share in rest
        if share.from_worklist_id in (old, home.pk) and best[_same(share)].pk != share.pk
    ]
    gone = {share.pk for share in duplicates}
    moved = [share for share in rest if share.from_worklist_id == old and share.pk not in gone]
    return Changes(into, duplicates, moved)


def _after(graph: Graph, changes: Changes, home: Worklist) -> int:
    """How many shares come from the new home after the move."""
    gone = {share.pk for share in (*changes.into_new_home, *changes.duplicates)}
    there = [share for share in graph.shares if share.from_worklist_id == home.pk and share.pk not in gone]
    return len(there) + len(changes.moved)


def _same(share: Share) -> tuple[object, ...]:
    """What makes two shares from one worklist the same, as the constraints have it."""
    return (
        share.to_worklist_id or 0,
        0 if share.to_worklist_id else share.invitation_id,
        share.method,
        share.account_id or 0,
        share.shared_by_id,
    )


def _reach(share: Share) -> tuple[bool, datetime, int]:
    return share.approved_at is not None, share.expires_at or FOREVER, -share.pk


def _home(by: Actor, chosen: Placement, worklist: UUID) -> Worklist:
    home = permissions.homes_for(by, chosen).filter(uuid=worklist).first()
    if home is None:
        raise ValidationError(_(NO_SUCH_HOME), code="no_home")
    return home


def _from_new_home(shares: Sequence[Share], home: Worklist) -> None:
    Share.objects.filter(pk__in=[share.pk for share in shares]).update(from_worklist=home)
    for share in shares:
        share.from_worklist_id = home.pk
