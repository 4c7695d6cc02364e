"""The Share Studies button: check, resolve, write, audit."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.locks import lock_addresses
from accounts.models import Invitation
from accounts.services.invitations import invite_all
from audit.actor import Actor
from common.exceptions import NothingThere
from sharing import permissions, targets
from sharing.graph import Graph
from sharing.limits import (
    MOST_NOTE,
    MOST_STUDIES,
    MOST_TARGETS,
    NOTE_TOO_LONG,
    ONE_WORKLIST,
    TOO_MANY_STUDIES,
)
from sharing.locks import lock_directory
from sharing.models import Method, Share
from sharing.permissions import Allowed
from sharing.services import notices, settling
from sharing.services.press import GONE, Outcome, Press, Row, ShareReport
from sharing.targets import Resolved, Target
from studies.models import Placement
from studies.selectors import placements_visible_to
from worklists.models import Worklist

CHANGED_MEANWHILE = "This recipient has just changed. Try again."


@transaction.atomic
def share_studies(
    *,
    placements: Sequence[UUID],
    targets: Sequence[Target],
    by: Actor,
    note: str = "",
    expires_at: datetime | None = None,
) -> ShareReport:
    """Share the studies of some placements on one worklist with every target.

    Raises NothingThere (no placement visible), PermissionDenied (may not share there at all) and ValidationError
    (limits, note, end date). Refusals of single rows stand in the report and undo nothing else.
    """
    press = uuid.uuid4()
    note = note.replace("\x00", "").strip()
    _check_size(placements, targets, note)
    ticked = _visible(by, placements)
    worklist = ticked[0].worklist
    rights = permissions.check_share(by, worklist)
    wanted = _tidied(targets)
    lock_addresses(target.value for target in wanted if target.method == Method.EMAIL)
    allowed = _allowed(by, worklist, rights, [placement.study_id for placement in ticked])
    everything: frozenset[Allowed] = frozenset().union(*allowed.values())
    resolved = _resolve_locked(wanted, by=by, ticked=worklist, allowed=everything)
    graphs, now = settling.opened([placement.study_id for placement in ticked])
    if expires_at is not None and expires_at <= now:
        raise ValidationError("The end date must be today or later.")
    # A personal worklist's incoming shares are read again under the locks: one may have ended meanwhile.
    if worklist.is_personal:
        allowed = _allowed(by, worklist, rights, list(graphs), graphs)
    invitations = _invitations(resolved, allowed, graphs, worklist=worklist, by=by, now=now)
    work = Press(press, by, worklist, note, expires_at, now, graphs, allowed, invitations)
    gone = set(placements) - {placement.uuid for placement in ticked}
    rows = [work.row(placement, one) for placement in ticked for one in resolved]
    rows += [
        Row(placement_uuid, None, one.target, one.label, Outcome.REFUSED, GONE)
        for placement_uuid in gone
        for one in resolved
    ]
    work.write()
    settling.settle(graphs, now)
    work.audit(rows)
    notices.tell(press=press, shares=work.new, shared_by=by.person)
    return ShareReport(press, worklist, rows)


def _check_size(placements: Sequence[UUID], wanted: Sequence[Target], note: str) -> None:
    if not placements or not wanted:
        raise ValidationError("Choose at least one study and one recipient.")
    if len(set(placements)) > MOST_STUDIES:
        raise ValidationError(TOO_MANY_STUDIES.format(len(set(placements))))
    if len(wanted) > MOST_TARGETS:
        raise ValidationError(f"You can choose at most {MOST_TARGETS} recipients at once.")
    if len(note) > MOST_NOTE:
        raise ValidationError(NOTE_TOO_LONG.format(len(note)))


def _visible(by: Actor, placements: Sequence[UUID]) -> list[Placement]:
    found = list(placements_visible_to(by).filter(uuid__in=set(placements)).with_names().order_by("study"))
    if not found:
        raise NothingThere
    if len({placement.worklist_id for placement in found}) > 1:
        raise ValidationError(ONE_WORKLIST)
    return found


def _tidied(wanted: Sequence[Target]) -> list[Target]:
    return list(dict.fromkeys(targets.tidy(target) for target in wanted))


def _allowed(
    by: Actor,
    worklist: Worklist,
    rights: frozenset[str],
    study_ids: Sequence[int],
    graphs: dict[int, Graph] | None = None,
) -> dict[int, frozenset[Allowed]]:
    """For each study, the methods and directories that may be used."""
    if not worklist.is_personal:
        return dict.fromkeys(study_ids, permissions.allowed_on(worklist, rights))
    if graphs is None:
        incoming = list(Share.objects.carrying().filter(study__in=study_ids, to_worklist=worklist))
    else:
        # Settled a moment ago: what has not ended and is approved is live.
        incoming = [
            share
            for one in graphs.values()
            for share in one.shares
            if share.to_worklist_id == worklist.pk and share.approved_at is not None
        ]
    found = permissions.allowed_onward(by, worklist, rights, incoming)
    return {study_id: found.get(study_id, frozenset()) for study_id in study_ids}


def _resolve_locked(
    wanted: list[Target], *, by: Actor, ticked: Worklist, allowed: frozenset[Allowed]
) -> list[Resolved]:
    """Resolve, lock what was found (users, memberships, worklists, in that order), resolve again."""
    first = targets.resolve(wanted, by=by, ticked=ticked, allowed=allowed)
    locked = {one.worklist.pk for one in first if one.worklist is not None}
    lock_directory(
        users={one.worklist.owner_id for one in first if one.worklist is not None and one.worklist.owner_id},
        accounts={one.account_id for one in first if one.account_id is not None},
        worklists=locked,
    )
    again = targets.resolve(wanted, by=by, ticked=ticked, allowed=allowed)
    return [
        one
        if one.worklist is None or one.worklist.pk in locked
        else Resolved(one.target, one.label, refusal=CHANGED_MEANWHILE)
        for one in again
    ]


def _invitations(
    resolved: Sequence[Resolved],
    allowed: dict[int, frozenset[Allowed]],
    graphs: dict[int, Graph],
    *,
    worklist: Worklist,
    by: Actor,
    now: datetime,
) -> dict[str, Invitation]:
    """An invitation for each address nobody has registered, where at least one study may go to it."""
    addresses = [one.address for one in resolved if one.address and not one.refusal]
    by_email = Allowed(Method.EMAIL, None)
    if not addresses or not any(
        by_email in pairs and graphs[study_id].at(worklist.pk).visible > now
        for study_id, pairs in allowed.items()
    ):
        return {}
    return invite_all(
        addresses=addresses,
        account=worklist.account,
        by_user=by.person if worklist.account is None else None,
        by=by,
        now=now,
    )
