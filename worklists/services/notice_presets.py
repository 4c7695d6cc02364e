"""What the members of a worklist are notified of until they choose for themselves."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from worklists.events import on_worklist
from worklists.models import NoticePreset, Worklist
from worklists.permissions import check_administers
from worklists.selectors.notices import presets_of
from worklists.services.common import locked
from worklists.services.notice_choices import check_times
from worklists.services.worklists import GONE


@transaction.atomic
def set_notice_presets(*, worklist: Worklist, times: Mapping[str, str], by: Actor) -> bool:
    """For who administers the account of the worklist, as its members are; whether anything differs.

    `times` has a `NoticeTime` for some of the events; what it leaves out stays as it is. Raises PermissionDenied and
    ValidationError.
    """
    if worklist.account_id is None:
        check_administers(by, None)
        raise ValidationError(_("The owner of a personal worklist chooses there."), code="personal")
    account = locked(worklist.account_id)
    check_administers(by, account)
    check_times(times)
    row = Worklist.objects.with_names().filter(pk=worklist.pk).first()
    if row is None:
        raise ValidationError(_(GONE), code="gone")
    was = presets_of(row)
    changed = {event: time for event, time in times.items() if was[event] != time}
    if not changed:
        return False
    NoticePreset.objects.bulk_create(
        [NoticePreset(worklist=row, event=event, time=time) for event, time in changed.items()],
        update_conflicts=True,
        unique_fields=["worklist", "event"],
        update_fields=["time"],
    )
    before = {event: was[event] for event in changed}
    record(Action.NOTICE_PRESET, by=by, on=on_worklist(row, was={"times": before}, now={"times": changed}))
    return True
