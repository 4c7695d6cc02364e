"""A personal worklist's share code: its owner's to make and to give up."""

from django.db import transaction

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from worklists.events import on_worklist
from worklists.models import Worklist
from worklists.services.common import unused_code


@transaction.atomic
def change_personal_code(*, by: Actor, new: bool) -> Worklist:
    """A new code that cannot be guessed, or none; the old code stops working. Studies shared by it stay."""
    own = Worklist.objects.select_for_update(of=("self",)).with_names().get(owner=by.person)
    code = unused_code() if new else None
    if code == own.share_code:
        return own
    own.share_code = code
    own.save(update_fields=["share_code"])
    record(Action.CODE_CHANGE, by=by, on=on_worklist(own, code=code or "", front_door=False))
    return own
