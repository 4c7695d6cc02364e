"""Studies that were sent to an upload address: shared from the inbox they arrived in with the worklist they are for.

The press is the upload's: a share by code of its sender, who has no right in the inbox. What the worklist asks of
shares (approval, rules, longest life) it asks of these too (ADR 0049).
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actions import Action
from audit.services import record
from sharing.dates import zone_of
from sharing.decisions import Pressed, decide
from sharing.lives import ends_by_method
from sharing.locks import lock_directory
from sharing.models import Method, Share
from sharing.permissions import Allowed
from sharing.selectors.lives import policies_for
from sharing.selectors.rules import Recipient, ruling_for
from sharing.services import notices, settling
from sharing.services.press import Press, audit, write
from sharing.services.shares import standing_shares
from sharing.targets import TAKES_NONE, Resolved, Target
from studies.events import on_upload
from studies.models import Placement, Study, Upload
from worklists.models import Worklist

log = logging.getLogger(__name__)
BY_CODE = Allowed(Method.CODE, None)
AT_ONCE = 500
SENDER_INACTIVE = gettext_noop("The person who sent the studies has been deactivated since.")


def hand_on_sent() -> int:
    """Share what waits, upload by upload; returns how many uploads were handed on. A failure holds up no other."""
    waiting = Upload.objects.filter(state=Upload.State.DONE, sent_to__isnull=False, handed_on_at=None)
    handed_on = 0
    for key in waiting.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]:
        try:
            handed_on += _hand_on(key)
        except DatabaseError:
            log.exception("upload %s could not be handed on; it is tried again", key)
    return handed_on


def _hand_on(key: int) -> bool:
    """A few hundred studies in a transaction; what an earlier, broken off run has shared is not shared again."""
    upload = Upload.objects.get(pk=key)
    studies = list(_unshared(upload).values_list("pk", flat=True))
    for start in range(0, len(studies), AT_ONCE):
        if not _share(key, studies[start : start + AT_ONCE]):
            break
    return bool(Upload.objects.filter(pk=key, handed_on_at=None).update(handed_on_at=Now()))


def _unshared(upload: Upload) -> QuerySet[Study]:
    """The studies of the upload that its sender sent to this inbox and has not shared from there since."""
    shared = Share.objects.filter(
        Q(ended_at=None) | Q(shared_at__gte=upload.created_at),
        study=OuterRef("pk"),
        from_worklist=upload.worklist_id,
        to_worklist=upload.sent_to_id,
        shared_by=upload.by_id,
    )
    own = Study.objects.filter(uploaded_with__upload=upload, home=upload.worklist_id, sent_by=upload.by_id)
    return own.filter(~Exists(shared), deleted_at=None).order_by("pk")


@transaction.atomic
def _share(key: int, studies: Sequence[int]) -> bool:
    """Share them, or keep the sentence that says why not; whether they may be shared."""
    upload = _locked(key)
    inbox, to = upload.worklist, upload.sent_to
    assert to is not None  # only those are handed on
    if refusal := _refusal(upload, inbox, to):
        Upload.objects.filter(pk=key).update(not_handed_on=refusal)
        record(Action.REFUSED, by=upload.actor, on=on_upload(upload, why=refusal), outcome="refused")
        return False
    graphs, now = settling.locked_graphs(studies)
    there = Placement.objects.filter(study__in=_unshared(upload).filter(pk__in=studies), worklist=inbox)
    press = _press(upload, now)
    decisions = decide(
        Pressed(
            placements=list(there.with_names().order_by("study")),
            recipients=[Resolved(Target(Method.CODE, to.share_code or ""), to.label, to)],
            visible=frozenset(pk for pk, graph in graphs.items() if graph.at(inbox.pk).visible > now),
            by_role=frozenset({Method.CODE}),
            allowed=dict.fromkeys(graphs, frozenset({BY_CODE})),
            standing=standing_shares(graphs, inbox, upload.actor),
            invitations={},
            note="",
            expires_at=None,
        )
    )
    rows, new = write(press, decisions)
    for share in new:
        graphs[share.study_id].shares.append(share)
    settling.settle(graphs, now)
    audit(press, rows, graphs)
    notices.queue_notices(press=press.uuid, shares=new, shared_by=upload.by)
    return True


def _locked(key: int) -> Upload:
    """The upload with its sender and both worklists as they are now, held in the product's order."""
    upload = Upload.objects.get(pk=key)
    worklists = {upload.worklist_id, upload.sent_to_id or 0}
    lock_directory(users={upload.by_id}, accounts=(), worklists=worklists)
    whole = Upload.objects.select_related("by", "worklist__account", "worklist__owner", "sent_to__account")
    return whole.select_related("sent_to__owner").get(pk=key)


def _refusal(upload: Upload, inbox: Worklist, to: Worklist) -> str:
    """The sentence for studies that may no longer be handed on: they stay in the inbox, for the account to decide."""
    if not upload.by.is_active:
        return _(SENDER_INACTIVE)
    if to.inbox_id != inbox.pk or not to.takes_shares:
        return _(TAKES_NONE)
    return ruling_for(inbox).refusal(Recipient(Method.CODE, to))


def _press(upload: Upload, now: datetime) -> Press:
    methods = {Method.CODE}
    inbox = upload.worklist
    ends = ends_by_method(policies_for(inbox, methods), methods, None, now, zone=zone_of(inbox))
    return Press(
        uuid=upload.uuid, by=upload.actor, worklist=inbox, note="", expires_at=None, ends=ends, now=now
    )
