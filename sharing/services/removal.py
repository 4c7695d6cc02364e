"""Removing a study from a worklist, deleting it at home, and leaving an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from accounts.models import AccountMembership
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere, still_there
from common.text import reason_of
from sharing import permissions
from sharing.models import Share
from sharing.selectors.leaving import given_by
from sharing.services import settling
from studies.events import on_placement
from studies.selectors import placements_visible_to
from studies.services import erase_study
from worklists.services import deactivate_member_without_shares, remove_member_without_shares
from worklists.services.members import held_membership


@dataclass(frozen=True)
class Removal:
    """How many studies were removed, how many shares that ended, and how many ended with those."""

    studies: int
    shares: int
    ended_with_them: int


@transaction.atomic
def remove_from_worklist(*, placements: Sequence[UUID], by: Actor) -> Removal:
    """Remove shared studies from one's worklist: the incoming shares end, the original stays at home.

    Raises NothingThere, PermissionDenied, and ValidationError for a study that is at home here.
    """
    chosen = list(placements_visible_to(by).filter(uuid__in=placements).with_names())
    if not chosen:
        raise NothingThere
    permissions.check_removal(by, chosen)
    graphs, now = settling.locked_graphs({placement.study_id for placement in chosen})
    # The share that brought a study here may have ended while we waited for the lock.
    removed = [
        placement for placement in chosen if graphs[placement.study_id].at(placement.worklist_id).exists > now
    ]
    if not removed:
        raise NothingThere
    ending: list[Share] = []
    for placement in removed:
        shares = graphs[placement.study_id].shares
        ending += [share for share in shares if share.to_worklist_id == placement.worklist_id]
        record(Action.STUDY_REMOVE, by=by, on=on_placement(placement, at=now))
    with_them = settling.end(ending, graphs, now, reason=Share.EndReason.REMOVED, by=by)
    return Removal(len(removed), len(ending), len(with_them))


@transaction.atomic
def delete_study(*, placement: UUID, by: Actor, why: str) -> Removal:
    """Delete a study at its home: its shares and promises end, every placement is deleted, a tombstone stays.

    The bytes are removed later, when no other study uses them. Raises NothingThere, PermissionDenied, ValidationError.
    """
    chosen = placements_visible_to(by).filter(uuid=placement).with_names().first()
    if chosen is None:
        raise NothingThere
    permissions.check_deletion(by, chosen)
    why = reason_of(why)
    graphs, now = settling.locked_graphs([chosen.study_id])
    graph = graphs[chosen.study_id]
    if graph.study.deleted_at is not None:
        raise NothingThere
    ending = list(graph.shares)
    on = on_placement(
        chosen,
        at=now,
        detail={"shares": len(ending), "instances": graph.study.n_instances},
    )
    record(Action.STUDY_DELETE, by=by, on=on)
    settling.end(ending, graphs, now, reason=Share.EndReason.STUDY_DELETED, by=by)
    settling.drop_every_placement(graph.study)
    erase_study(study=graph.study, by=by, why=why, at=now)
    return Removal(1, len(ending), 0)


@transaction.atomic
def leave_account(*, membership: int, by: Actor, remove: bool = False) -> Removal:
    """End a person's active membership of an account, and with it the physician shares it gave them.

    Inactive, the membership keeps its rows and gives no right; with `remove` it is deleted, which the person may do
    themselves, also while it is inactive. Raises NothingThere, PermissionDenied and ValidationError (the last
    administrator).
    """
    # Account, person and membership are locked before the studies: no one shares with the person from here on. Guest
    # links end with the rights, and their rows are locked after the studies.
    _account, row = held_membership(still_there(AccountMembership.objects.all(), membership))
    study_ids = set(given_by(row).values_list("study_id", flat=True))
    graphs, now = settling.locked_graphs(study_ids)
    if remove:
        remove_member_without_shares(membership=row, by=by)
    else:
        deactivate_member_without_shares(membership=row, by=by)
    if not study_ids:
        return Removal(0, 0, 0)
    # Read again under the locks.
    given = set(given_by(row).values_list("pk", flat=True))
    ending = [share for graph in graphs.values() for share in graph.shares if share.pk in given]
    with_them = settling.end(ending, graphs, now, reason=Share.EndReason.LEFT, by=by)
    return Removal(len({share.study_id for share in ending}), len(ending), len(with_them))
