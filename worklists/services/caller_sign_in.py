"""Who a machine that calls by DIMSE stands for, asked anew for each association."""

from typing import Any

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actor import Actor, Sender
from audit.services import record_denied
from worklists import models
from worklists.events import on_worklist
from worklists.services.token_sign_in import USED_EVERY

WHERE = "DIMSE"  # where callers are refused, for the audit trail
NO_WORKLIST = gettext_noop("No worklist has the AE title that was called.")
NO_SENDER = gettext_noop(
    "No sender with the AE title and IP address of the caller is entered for the worklist."
)


class CallerRefused(Exception):
    """Either no worklist has the called AE title, or the caller is not a sender of it."""

    def __init__(self, *, called: bool) -> None:
        super().__init__()
        self.called = called


def actor_of_caller(*, called: str, calling: str, ip_address: str) -> Actor:
    """The sender with the calling AE title and the IP address, of the worklist with the called AE title.

    Everyone else is refused, in the audit trail too, many refusals of one sort as a burst. The titles themselves are
    in no event: a stranger chooses them. Call it outside a transaction.
    """
    worklist = models.Worklist.objects.with_names().filter(ae_title=called.strip(" ")).first()
    if worklist is None:
        record_denied(by=Actor.stranger(ip_address), what=WHERE, why=_(NO_WORKLIST))
        raise CallerRefused(called=True)
    live = models.Sender.objects.live().filter(worklist=worklist, ip_address=ip_address)
    row: Any = live.exclude(ae_title="").filter(ae_title=calling.strip(" ")).first()
    if row is None:
        record_denied(by=Actor.stranger(ip_address), on=on_worklist(worklist), what=WHERE, why=_(NO_SENDER))
        raise CallerRefused(called=False)
    recent = Q(last_used_at__isnull=False) & Q(last_used_at__gt=Now() - USED_EVERY)
    models.Sender.objects.filter(pk=row.pk).exclude(recent).update(last_used_at=Now())
    sender = Sender(uuid=row.uuid, name=row.name, worklist_id=row.worklist_id)
    return Actor.machine(sender, ip_address=ip_address)
