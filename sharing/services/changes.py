"""Changing a share: its end date, its note and its urgency, also to none."""

from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.services import limits
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere
from sharing import permissions, selectors
from sharing.dates import check_end, moment_of, zone_of
from sharing.decisions import Outcome, ShareChange
from sharing.events import Labels, moment_text, on_share
from sharing.graph import Graph
from sharing.limits import check_note
from sharing.lives import changed_end
from sharing.models import Method, Share, TakenOverShare
from sharing.permissions import Allowed
from sharing.selectors.lives import policies_for
from sharing.selectors.rules import Recipient, ruling_for
from sharing.services import settling
from sharing.services.time_answers import answer_requests
from sharing.urgency import END_TOO_EARLY, Deadline, check_open_by, contradicts

NOT_YOURS = gettext_noop("Only the person who made a share can change it.")
HAS_ENDED = gettext_noop("This share has already ended. Share the study again.")


def change_share(
    *,
    share: UUID,
    by: Actor,
    expires_at: date | datetime | None,
    note: str | None,
    deadline: Deadline | None = None,
) -> ShareChange | None:
    """Give a share this end date and this note; an empty one takes it away. None where nothing differs.

    `expires_at` as in `share_studies`; a `note` or `deadline` of None stays as it is. Another deadline counts against
    the limit of urgent shares, and begins its escalation again. Only its maker may, or who took it over, with the
    rights it takes to make this share today and as the rules allow it; to an earlier end alone, with the rights it
    takes to end it. Raises NothingThere, PermissionDenied and ValidationError.
    """
    made = _made(share, by)
    if deadline is not None and deadline.open_by not in (None, made.open_by):
        permissions.check_share(by, made.from_worklist)
        limits.count_urgent(by=by, account=made.from_worklist.account_id, recipients=1)
    return _changed(made, by, expires_at, note, deadline)


def _made(share: UUID, by: Actor) -> Share:
    """The share, if it is the person's to change."""
    seen = selectors.shares_seen_by(by).select_related("from_worklist__account", "from_worklist__owner")
    made = seen.filter(uuid=share).first()
    if made is None:
        raise NothingThere
    if made.shared_by_id != by.user_id and not _has_taken_over(made, by):
        raise PermissionDenied(_(NOT_YOURS))
    return made


@transaction.atomic
def _changed(
    made: Share, by: Actor, expires_at: date | datetime | None, note: str | None, deadline: Deadline | None
) -> ShareChange | None:
    if note is not None:
        note = note.replace("\x00", "").strip()
        check_note(note)
    # Nothing that was read before the transaction decides: the share may be hidden or given away by now.
    made = _made(made.uuid, by)
    worklist = made.from_worklist
    rights = permissions.check_share(by, worklist)
    graphs, now = settling.locked_graphs([made.study_id])
    graph = graphs[made.study_id]
    standing = next((unended for unended in graph.shares if unended.pk == made.pk), None)
    if standing is None:
        raise ValidationError(_(HAS_ENDED))
    note = standing.note if note is None else note
    open_by = standing.open_by if deadline is None else deadline.open_by
    ends = moment_of(expires_at, worklist)
    if open_by not in (None, standing.open_by) or not _only_ends_earlier(standing, ends, note):
        allowed = permissions.allowed_for(by, worklist, rights, [made.study_id], graphs)[made.study_id]
        _check_method(Method(made.method), permissions.methods_by_role(worklist, rights), allowed)
        if refusal := ruling_for(worklist).refusal(Recipient.of(standing)):
            raise PermissionDenied(refusal)
    check_end(ends, now)
    ruled = changed_end(
        policies_for(worklist, [made.method]),
        made.method,
        ends,
        now,
        was=standing.expires_at,
        zone=zone_of(worklist),
    )
    if ruled.refusal:
        raise ValidationError(ruled.refusal, code="until")
    change = ShareChange(standing.expires_at, ends, standing.note, note, standing.open_by, open_by)
    if not change.differs:
        return None
    _write(standing, change, now)
    settling.settle(graphs, now)
    _record(standing, change, graph, by=by, now=now)
    if change.is_longer:
        answer_requests(share=standing, granted=True)
    return change


def _write(share: Share, change: ShareChange, now: datetime) -> None:
    fields = ["expires_at", "note"]
    if change.open_by != change.was_open_by:
        check_open_by(change.open_by, now, [change.expires_at])
        share.open_by = share.escalate_at = change.open_by
        fields += ["open_by", "escalate_at"]
    elif contradicts(change.open_by, change.expires_at):
        raise ValidationError(_(END_TOO_EARLY), code="until")
    share.expires_at, share.note = change.expires_at, change.note
    share.save(update_fields=fields)


def _has_taken_over(share: Share, by: Actor) -> bool:
    return TakenOverShare.objects.filter(share=share, keeper=by.person).exists()


def _only_ends_earlier(share: Share, ends: datetime | None, note: str) -> bool:
    return note == share.note and ends is not None and (share.expires_at is None or ends < share.expires_at)


def _check_method(method: Method, by_role: frozenset[Method], allowed: frozenset[Allowed]) -> None:
    if method not in by_role:
        raise PermissionDenied(_(permissions.SENTENCES[method]))
    if all(pair.method != method for pair in allowed):
        raise PermissionDenied(_(permissions.NOT_ONWARD))


def _record(share: Share, change: ShareChange, graph: Graph, *, by: Actor, now: datetime) -> None:
    on = on_share(
        share,
        graph.study,
        Labels.of([share]),
        in_original=graph.at(share.from_worklist_id).internal > now,
        outcome=str(Outcome.CHANGED),
        until=moment_text(share.expires_at),
        **change.detail,
    )
    record(Action.SHARE_CHANGE, by=by, on=on)
