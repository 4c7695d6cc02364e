"""Changing a share: its end date and its note, also to none."""

from datetime import date, datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere
from sharing import permissions, selectors
from sharing.dates import check_end, moment_of
from sharing.decisions import Outcome, ShareChange
from sharing.events import Labels, moment_text, on_share
from sharing.graph import Graph
from sharing.limits import check_note
from sharing.models import Method, Share
from sharing.permissions import Allowed
from sharing.services import settling

NOT_YOURS = gettext_noop("Only the person who made a share can change it.")
HAS_ENDED = gettext_noop("This share has already ended. Share the study again.")


@transaction.atomic
def change_share(
    *, share: UUID, by: Actor, expires_at: date | datetime | None, note: str
) -> ShareChange | None:
    """Give a share this end date and this note; an empty one takes it away. None where nothing differs.

    `expires_at` as in `share_studies`. Only its maker may, with the rights it takes to make this share today. Raises
    NothingThere, PermissionDenied and ValidationError (ended, date, note).
    """
    note = note.replace("\x00", "").strip()
    check_note(note)
    seen = selectors.shares_seen_by(by).select_related("from_worklist__account", "from_worklist__owner")
    made = seen.filter(uuid=share).first()
    if made is None:
        raise NothingThere
    if made.shared_by_id != by.user_id:
        raise PermissionDenied(_(NOT_YOURS))
    worklist = made.from_worklist
    rights = permissions.check_share(by, worklist)
    graphs, now = settling.locked_graphs([made.study_id])
    graph = graphs[made.study_id]
    standing = next((unended for unended in graph.shares if unended.pk == made.pk), None)
    if standing is None:
        raise ValidationError(_(HAS_ENDED))
    allowed = permissions.allowed_for(by, worklist, rights, [made.study_id], graphs)[made.study_id]
    _check_method(Method(made.method), permissions.methods_by_role(worklist, rights), allowed)
    ends = moment_of(expires_at, worklist)
    check_end(ends, now)
    change = ShareChange(standing.expires_at, ends, standing.note, note)
    if (ends, note) == (standing.expires_at, standing.note):
        return None
    standing.expires_at, standing.note = ends, note
    standing.save(update_fields=["expires_at", "note"])
    settling.settle(graphs, now)
    _record(standing, change, graph, by=by, now=now)
    return change


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
