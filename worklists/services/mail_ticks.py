"""Whether a person wants mail when a study arrives on a worklist."""

from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import Refused
from worklists.events import on_worklist
from worklists.models import MailTick, Worklist


@transaction.atomic
def set_mail_tick(*, worklist: Worklist, wanted: bool, by: Actor) -> None:
    """The person's own choice, for a worklist whose list they may see."""
    if not by.may("list_studies", worklist):
        raise Refused(_("You may not see this worklist's studies."), on=on_worklist(worklist))
    tick, made = MailTick.objects.get_or_create(
        user=by.person, worklist=worklist, defaults={"wanted": wanted}
    )
    if not made and tick.wanted == wanted:
        return
    MailTick.objects.filter(pk=tick.pk).update(wanted=wanted)
    record(Action.MAIL_TICK, by=by, on=on_worklist(worklist, wanted=wanted))
