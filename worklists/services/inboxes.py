"""The upload address of a worklist: on while it has an inbox, where what is sent to the address arrives (ADR 0049)."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from worklists.events import on_worklist
from worklists.models import Worklist
from worklists.permissions import check_administers
from worklists.services.common import NO_SUCH_WORKLIST, locked

NEEDS_CODE = gettext_noop("An upload address needs a share code. Give this worklist a code first.")
ITSELF = gettext_noop(
    "Choose another worklist: what is sent arrives there first, and is shared with this one."
)


@transaction.atomic
def set_inbox(*, worklist: Worklist, inbox: Worklist | None, by: Actor) -> Worklist:
    """Give the worklist an upload address whose studies arrive in `inbox`, or take the address away with None.

    Raises ValidationError for an inbox that is no other location or group of the account, and without a share code.
    """
    check_administers(by, worklist.account)
    assert worklist.account_id is not None  # a personal worklist has no administrator
    account = locked(worklist.account_id)
    keys = {worklist.pk, inbox.pk if inbox is not None else worklist.pk}
    rows = Worklist.objects.select_for_update(of=("self",)).filter(account=account, pk__in=keys)
    held = {row.pk: row for row in rows.select_related("account", "inbox").order_by("pk")}
    if worklist.pk not in held:
        raise ValidationError(_(NO_SUCH_WORKLIST), code="gone")
    worklist = held[worklist.pk]
    if inbox is not None:
        _check(worklist, held.get(inbox.pk))
    if worklist.inbox_id == (inbox.pk if inbox is not None else None):
        return worklist
    was, worklist.inbox = worklist.inbox, inbox
    worklist.save(update_fields=["inbox"])
    names = {
        "inbox": inbox.name if inbox is not None else "",
        "was_inbox": was.name if was is not None else "",
    }
    record(Action.WORKLIST_CHANGE, by=by, on=on_worklist(worklist, **names))
    return worklist


def _check(worklist: Worklist, inbox: Worklist | None) -> None:
    if inbox is None:
        raise ValidationError({"inbox": _(NO_SUCH_WORKLIST)}, code="foreign")
    if inbox.pk == worklist.pk:
        raise ValidationError({"inbox": _(ITSELF)}, code="itself")
    if worklist.share_code is None:
        raise ValidationError({"inbox": _(NEEDS_CODE)}, code="share_code")
