"""The Share Studies button: check, resolve, write, audit."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.locks import lock_emails
from accounts.models import Invitation
from accounts.services import limits
from accounts.services.invitations import invite_all
from audit.actor import Actor
from common.exceptions import NothingThere
from sharing import permissions, targets
from sharing.dates import check_end, moment_of, zone_of
from sharing.decisions import GONE, Key, Outcome, Pressed, decide
from sharing.graph import Graph
from sharing.limits import (
    MOST_STUDIES,
    MOST_TARGETS,
    ONE_WORKLIST,
    check_note,
    too_many_studies,
)
from sharing.lives import ends_by_method
from sharing.locks import lock_directory
from sharing.models import Method, Share
from sharing.permissions import Allowed
from sharing.selectors.lives import policies_for
from sharing.selectors.rules import Ruling, ruling_for
from sharing.services import codes, notices, settling
from sharing.services.emails import check_emails_of_press
from sharing.services.press import Press, ReportRow, ShareReport, audit, write
from sharing.services.time_answers import answer_lengthened
from sharing.targets import Resolved, Target, tidy
from sharing.urgency import check_open_by
from studies.models import Placement
from studies.selectors import placements_visible_to
from worklists.models import Worklist

CHANGED_MEANWHILE = gettext_noop("This recipient has just changed. Try again.")


def share_studies(
    *,
    placements: Sequence[UUID],
    targets: Sequence[Target],
    by: Actor,
    note: str = "",
    expires_at: date | datetime | None = None,
    open_by: datetime | None = None,
    press: UUID | None = None,
) -> ShareReport:
    """Share the studies of some placements on one worklist with every target.

    `expires_at`: a moment, or the last day, which counts to its end in the zone of the worklist. The emails, and the
    codes that were not read back, count against the limits before the transaction begins: a press that is undone counts
    as well. To a share that exists already a given note or end date is a change; what is left empty stays as it was.
    A new share without a given end has the preset of its method; none outlasts the method's longest life (`lives`).
    `open_by`: the time by which an urgent study is to be opened; each recipient counts against a limit.
    `press`: the uuid by which the person may ask later what became of it.

    Raises NothingThere (no placement visible), PermissionDenied (may not share there at all) and ValidationError
    (limits, note, end date, an email to confirm or to type twice). Refusals of single rows are in the report and undo
    nothing else.
    """
    note = note.replace("\x00", "").strip()
    _check_size(placements, targets, note)
    ticked = _visible(by, placements)
    worklist = ticked[0].worklist
    rights = permissions.check_share(by, worklist)
    wanted = list(dict.fromkeys(tidy(target) for target in targets))
    confirmed = check_emails_of_press(wanted, by=by, worklist=worklist, rights=rights)
    emails = sum(target.method == Method.EMAIL for target in wanted)
    limits.count_emails(by=by, account=worklist.account_id, emails=emails)
    codes.count_tried(wanted, by=by, worklist=worklist)
    if open_by is not None:
        limits.count_urgent(by=by, account=worklist.account_id, recipients=len(wanted))
    gone = set(placements) - {placement.uuid for placement in ticked}
    with transaction.atomic():
        return _press(
            ticked,
            wanted,
            gone,
            rights,
            confirmed,
            by=by,
            uuid=press or uuid4(),
            note=note,
            expires_at=moment_of(expires_at, worklist),
            open_by=open_by,
        )


def _press(
    ticked: list[Placement],
    wanted: list[Target],
    gone: set[UUID],
    rights: frozenset[str],
    confirmed: frozenset[str],
    *,
    by: Actor,
    uuid: UUID,
    note: str,
    expires_at: datetime | None,
    open_by: datetime | None,
) -> ShareReport:
    """Lock, resolve, decide, write, settle, audit, queue the mails."""
    worklist, study_ids = ticked[0].worklist, [placement.study_id for placement in ticked]
    lock_emails(target.value for target in wanted if target.method == Method.EMAIL)
    allowed = permissions.allowed_for(by, worklist, rights, study_ids)
    everything: frozenset[Allowed] = frozenset().union(*allowed.values())
    ruling = ruling_for(worklist)
    recipients = _resolve_locked(wanted, by=by, ticked=worklist, allowed=everything, ruling=ruling)
    graphs, now = settling.locked_graphs(study_ids)
    # A rule may have been saved while this waited for the studies.
    recipients = targets.ruled_again(recipients, ruling_for(worklist))
    check_end(expires_at, now)
    methods = {target.method for target in wanted}
    ends = ends_by_method(policies_for(worklist, methods), methods, expires_at, now, zone=zone_of(worklist))
    check_open_by(open_by, now, list(ends.values()))
    # A personal worklist's incoming shares are read again under the locks: one may have ended meanwhile.
    if worklist.is_personal:
        allowed = permissions.allowed_for(by, worklist, rights, list(graphs), graphs)
    press = Press(
        uuid=uuid,
        by=by,
        worklist=worklist,
        note=note,
        expires_at=expires_at,
        ends=ends,
        now=now,
        confirmed=confirmed,
        open_by=open_by,
    )
    decisions = decide(
        Pressed(
            placements=ticked,
            recipients=recipients,
            visible=frozenset(pk for pk, graph in graphs.items() if graph.at(worklist.pk).visible > now),
            by_role=permissions.methods_by_role(worklist, rights),
            allowed=allowed,
            standing=standing_shares(graphs, worklist, by),
            invitations=_invitations(recipients, allowed, graphs, worklist=worklist, by=by, now=now),
            note=note,
            expires_at=expires_at,
            open_by=open_by,
        )
    )
    rows, new = write(press, decisions)
    rows += [
        ReportRow(placement, None, recipient.target, recipient.label, Outcome.REFUSED, _(GONE))
        for placement in gone
        for recipient in recipients
    ]
    for share in new:
        graphs[share.study_id].shares.append(share)
    settling.settle(graphs, now)
    audit(press, rows, graphs)
    answer_lengthened([row.share for row in rows if row.share and row.change and row.change.is_longer])
    notices.queue_notices(press=press.uuid, shares=new, shared_by=by.person)
    return ShareReport(press.uuid, worklist, rows)


def standing_shares(graphs: dict[int, Graph], worklist: Worklist, by: Actor) -> dict[Key, Share]:
    """The person's own shares from this worklist that have not ended."""
    return {
        Key.of(share): share
        for graph in graphs.values()
        for share in graph.shares
        if share.from_worklist_id == worklist.pk and share.shared_by_id == by.user_id
    }


def _check_size(placements: Sequence[UUID], wanted: Sequence[Target], note: str) -> None:
    if not placements or not wanted:
        raise ValidationError(_("Choose at least one study and one recipient."))
    if len(set(placements)) > MOST_STUDIES:
        raise ValidationError(too_many_studies(len(set(placements))))
    if len(wanted) > MOST_TARGETS:
        sentence = _("You can choose at most %(most)s recipients at once.")
        raise ValidationError(sentence % {"most": MOST_TARGETS})
    check_note(note)


def _visible(by: Actor, placements: Sequence[UUID]) -> list[Placement]:
    seen = placements_visible_to(by).filter(uuid__in=set(placements))
    ticked = list(seen.with_names().order_by("study"))
    if not ticked:
        raise NothingThere
    if len({placement.worklist_id for placement in ticked}) > 1:
        raise ValidationError(_(ONE_WORKLIST))
    return ticked


def _resolve_locked(
    wanted: list[Target], *, by: Actor, ticked: Worklist, allowed: frozenset[Allowed], ruling: Ruling
) -> list[Resolved]:
    """Resolve, lock the users, memberships and worklists of the result in this order, resolve again."""
    by_email = any(target.method == Method.EMAIL for target in wanted)
    own = targets.own_emails(by) if by_email else frozenset()
    first = targets.resolve(wanted, by=by, ticked=ticked, allowed=allowed, ruling=ruling, own=own)
    worklists = [recipient.worklist for recipient in first if recipient.worklist is not None]
    locked = {worklist.pk for worklist in worklists}
    lock_directory(
        users={worklist.owner_id for worklist in worklists if worklist.owner_id},
        accounts={recipient.account_id for recipient in first if recipient.account_id is not None},
        worklists=locked,
    )
    again = targets.resolve(wanted, by=by, ticked=ticked, allowed=allowed, ruling=ruling, own=own)
    return [
        recipient
        if recipient.worklist is None or recipient.worklist.pk in locked
        else Resolved(recipient.target, recipient.label, refusal=_(CHANGED_MEANWHILE))
        for recipient in again
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
    """An invitation for each unregistered email, where at least one study may go to it."""
    emails = [recipient.email for recipient in resolved if recipient.email and not recipient.refusal]
    by_email = Allowed(Method.EMAIL, None)
    if not emails or not any(
        by_email in pairs and graphs[study_id].at(worklist.pk).visible > now
        for study_id, pairs in allowed.items()
    ):
        return {}
    return invite_all(
        emails=emails,
        account=worklist.account,
        by_user=by.person if worklist.account is None else None,
        by=by,
        now=now,
    )
