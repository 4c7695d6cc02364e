"""When a person is notified of what happens on a worklist, and what a worklist's members start with."""

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import Refused
from worklists.events import on_worklist
from worklists.models import NoticeChoice, NoticeTime, Worklist
from worklists.models.notices import TO_CHOOSE


@transaction.atomic
def choose_notices(*, worklist: Worklist, times: Mapping[str, str], by: Actor) -> bool:
    """The person's own choice, for a worklist whose list they may see; whether it differs from what they chose before.

    `times` has a `NoticeTime` for some of the events; what it leaves out stays as it is. A choice is kept also where it
    is the worklist's preset: another preset later does not change what a person has chosen.
    """
    if not by.may("list_studies", worklist):
        raise Refused(_("You may not see this worklist's studies."), on=on_worklist(worklist))
    check_times(times)
    rows = NoticeChoice.objects.filter(user=by.person, worklist=worklist)
    was = dict(rows.values_list("event", "time"))
    changed = {event: time for event, time in times.items() if was.get(event) != time}
    if not changed:
        return False
    NoticeChoice.objects.bulk_create(
        [
            NoticeChoice(user=by.person, worklist=worklist, event=event, time=time)
            for event, time in changed.items()
        ],
        update_conflicts=True,
        unique_fields=["worklist", "event", "user"],
        update_fields=["time"],
    )
    record(Action.NOTICE_CHOICE, by=by, on=on_worklist(worklist, times=changed))
    return True


def check_times(times: Mapping[str, str]) -> None:
    if not times or not set(times) <= set(TO_CHOOSE) or not set(times.values()) <= set(NoticeTime.values):
        raise ValidationError(_("Choose for each event: at once, once a day, or not."), code="times")
