"""A worklist that asks for approval: an approver decides each share."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere
from sharing import permissions, selectors
from sharing.events import Labels, on_share
from sharing.locks import lock_directory
from sharing.models import Share
from sharing.services import notices, settling

TOO_LATE = gettext_noop("Someone has already decided on this share, or it has ended.")


@transaction.atomic
def decide_share(*, share: UUID, by: Actor, approve: bool) -> Share:
    """Approve or decline a share that awaits approval on a worklist the person sees.

    Raises NothingThere, PermissionDenied, and ValidationError where there is nothing left to decide.
    """
    waiting = selectors.shares_awaiting(by).filter(uuid=share).select_related("to_worklist").first()
    if waiting is None or waiting.to_worklist is None:
        raise NothingThere
    permissions.check_approve(by, waiting.to_worklist)
    lock_directory(users=(), accounts=(), worklists=[waiting.to_worklist.pk])
    graphs, now = settling.locked_graphs([waiting.study_id])
    graph = graphs[waiting.study_id]
    unapproved = (each for each in graph.shares if each.approved_at is None)
    standing = next((each for each in unapproved if each.pk == waiting.pk), None)
    if standing is None:
        raise ValidationError(_(TOO_LATE))
    internal = graph.at(standing.from_worklist_id).internal > now
    on = on_share(standing, graph.study, Labels.of([standing]), in_original=internal)
    record(Action.SHARE_APPROVE if approve else Action.SHARE_DECLINE, by=by, on=on)
    if approve:
        standing.approved_at, standing.approved_by = now, by.person
        standing.save(update_fields=["approved_at", "approved_by"])
    else:
        settling.stop([standing], graphs, now, reason=Share.EndReason.DECLINED, by=by)
    settling.settle(graphs, now)
    if approve:
        notices.queue_notices(press=standing.press, shares=[standing], shared_by=standing.shared_by)
    return standing
