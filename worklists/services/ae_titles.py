"""AE titles: how machines that speak DIMSE name themselves, and the worklist that they send to."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from worklists.events import on_worklist
from worklists.models import Worklist
from worklists.permissions import check_administers
from worklists.services.common import locked

AE_TITLE_SIGNS = gettext_noop(
    "An AE title has up to 16 letters, digits, spaces and signs, without a backslash."
)
TITLE_TAKEN = gettext_noop("This AE title is taken. Choose another.")


@transaction.atomic
def set_ae_title(*, worklist: Worklist, ae_title: str, by: Actor) -> Worklist:
    """The title that machines call this location or group by; the empty text takes it away.

    It is one worklist's on the whole platform, since a machine says nothing else of where its studies go.
    """
    if worklist.account_id is None:
        check_administers(by, None)
        raise ValidationError(_("A personal worklist has no AE title."), code="personal")
    check_administers(by, locked(worklist.account_id))
    title = tidied_ae_title(ae_title) or None
    row = Worklist.objects.select_for_update(of=("self",), no_key=True).with_names().get(pk=worklist.pk)
    if row.ae_title == title:
        return row
    row.ae_title = title
    try:
        with transaction.atomic():
            row.save(update_fields=["ae_title"])
    except IntegrityError as error:
        if "an_ae_title_is_one_worklists" not in str(error):
            raise
        raise ValidationError({"ae_title": _(TITLE_TAKEN)}, code="taken") from error
    record(Action.WORKLIST_CHANGE, by=by, on=on_worklist(row, ae_title=title or ""))
    return row


def tidied_ae_title(typed: str) -> str:
    """AE titles are compared without the spaces around them, as DICOM has it."""
    title = typed.strip(" ")
    if len(title) > 16 or not title.isascii() or (title and not title.isprintable()) or "\\" in title:
        raise ValidationError({"ae_title": _(AE_TITLE_SIGNS)})
    return title
