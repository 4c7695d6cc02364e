"""Where an upload arrives: on the worklist itself, or, from somebody who is no member, in its inbox (ADR 0049)."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.services import limits
from audit.actions import Action
from audit.actor import Actor, Kind
from audit.services import On, record, record_denied
from common.exceptions import Refused
from common.text import identity_of_code
from studies.models import Upload
from studies.services.ingest import check_upload
from worklists.events import on_worklist
from worklists.models import Worklist
from worklists.selectors.upload_addresses import worklist_of_address

WHAT = "upload addresses"  # allowed: stored in events
NO_ADDRESS = gettext_noop(
    "No worklist takes studies at this upload address. Check it with the person who gave it to you."
)
TAKES_NONE_ANY_MORE = gettext_noop("This worklist no longer takes studies at an upload address.")


@dataclass(frozen=True)
class Destination:
    """The worklist that becomes the home of the studies, and the one whose upload address they were sent to, if any."""

    home: Worklist
    sent_to: Worklist | None = None

    @property
    def chosen(self) -> Worklist:
        """The worklist that the person names."""
        return self.sent_to or self.home


def destination_of(*, worklist: Worklist, by: Actor, code: str = "") -> Destination:
    """Where the person's upload to this worklist arrives; raises Refused where it may not be sent at all.

    A member who may upload does so. Anyone else who opened the worklist's upload address, hence has its present share
    `code`, sends to its inbox.
    """
    if code and by.kind is Kind.USER and not by.may("upload_study", worklist):
        addressed = worklist_of_address(code, worklist.uuid)
        if addressed is not None and addressed.inbox is not None:
            return Destination(addressed.inbox, addressed)
    check_upload(worklist=worklist, by=by)
    return Destination(worklist)


def check_continued(*, upload: Upload, by: Actor) -> None:
    """Raises Refused where the rest of an upload may no longer arrive where it began."""
    if upload.sent_to is None:
        check_upload(worklist=upload.worklist, by=by)
    elif upload.sent_to.inbox_id != upload.worklist_id or not upload.sent_to.takes_shares:
        raise Refused(_(TAKES_NONE_ANY_MORE), on=on_worklist(upload.worklist))


def open_upload_address(*, code: str, by: Actor) -> Worklist:
    """The worklist to whose upload address the code belongs. Every look-up counts against the limit and is recorded.

    Raises ValidationError where there is none, in the same words whether the code is unknown or takes no studies.
    """
    if not limits.may_look_up(by=by, account=None):
        record_denied(by=by, what=WHAT, why=_(limits.TOO_MANY_CODES))
        raise ValidationError(_(limits.TOO_MANY_CODES), code="limited")
    worklist = worklist_of_address(identity_of_code(code))
    if worklist is None:
        record(Action.CODE_LOOK_UP, by=by, on=On(), outcome="failed")
        raise ValidationError(_(NO_ADDRESS))
    on = On(other_worklist_id=worklist.pk, other_worklist_label=worklist.label)
    record(Action.CODE_LOOK_UP, by=by, on=on)
    return worklist


def count_sent(*, sent_to: Worklist | None, by: Actor, size: int) -> None:
    """What a person sends to upload addresses counts against a limit, in bytes. Call it outside a transaction."""
    if sent_to is not None:
        limits.count_sent(by=by, size=size)
