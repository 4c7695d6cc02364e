"""A recipient asks for more time, and the maker of the share grants or declines it."""

from datetime import date
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere
from sharing.decisions import ShareChange
from sharing.events import Labels, on_share
from sharing.models import Share, TimeRequest
from sharing.selectors.time_requests import TimeAsked, share_to_extend, theirs, time_asked_of
from sharing.services import notices, settling
from sharing.services.changes import change_share
from sharing.services.time_answers import answer_requests
from studies.events import on_placement
from studies.selectors import placement_for

NO_END = gettext_noop("Your access to this study has no end date, so you do not need more time.")
YOUR_OWN = gettext_noop("You made this share: you can change its end date yourself.")
ANSWERED = gettext_noop("This request was already answered, or the share has ended.")
NOT_LATER = gettext_noop("Choose a day after the last day that the share has now.")


@transaction.atomic
def ask_for_time(*, placement: UUID, by: Actor) -> bool:
    """Ask the maker of the share for more time; False where it was asked already for the same end date.

    The share is the one that keeps the study there longest. Raises NothingThere and ValidationError.
    """
    seen = placement_for(by, placement)
    if seen is None:
        raise NothingThere
    _graphs, now = settling.locked_graphs([seen.study_id])
    share = share_to_extend(seen)
    if share is None or share.expires_at is None:
        raise ValidationError(_(NO_END))
    if share.shared_by_id == by.user_id:
        raise ValidationError(_(YOUR_OWN))
    # Under the study's lock: no one else asks about it at the same time.
    request, asked = TimeRequest.objects.get_or_create(
        share=share, expires_at=share.expires_at, defaults={"asked_by": by.person, "asked_at": now}
    )
    if not asked:
        return False
    detail = {"share": str(share.uuid)}
    record(Action.TIME_ASK, by=by, on=on_placement(seen, at=now, detail=detail))
    notices.tell_time_asked(request=request, share=share)
    return True


@transaction.atomic
def grant_time(*, share: UUID, by: Actor, until: date) -> ShareChange:
    """Let the share last until that day, as its rules allow, and tell the person who asked.

    Raises NothingThere, PermissionDenied and ValidationError (answered, ended, or not a later day).
    """
    asked = _asked(share, by)
    if until <= asked.last_day:
        raise ValidationError(_(NOT_LATER), code="until")
    # It answers the question, as every later end date does.
    change = change_share(share=share, by=by, expires_at=until, note=None)
    assert change is not None  # a later end is a change
    was = asked.share.expires_at
    assert was is not None  # it is asked about
    answered = TimeRequest.objects.filter(share=asked.share, expires_at=was, granted=True)
    if not answered.exists():
        # It was declined while this waited for the study, and what is declined stays so.
        raise ValidationError(_(ANSWERED))
    return change


@transaction.atomic
def decline_time(*, share: UUID, by: Actor) -> None:
    """Leave the end date as it is, and tell the person who asked. Raises NothingThere and ValidationError."""
    asked = _asked(share, by).share
    graphs, now = settling.locked_graphs([asked.study_id])
    graph = graphs[asked.study_id]
    standing = next((unended for unended in graph.shares if unended.pk == asked.pk), None)
    if standing is None or not answer_requests(share=standing, granted=False):
        raise ValidationError(_(ANSWERED))
    internal = graph.at(standing.from_worklist_id).internal > now
    on = on_share(standing, graph.study, Labels.of([standing]), in_original=internal)
    record(Action.TIME_DECLINE, by=by, on=on)


def _asked(share: UUID, by: Actor) -> TimeAsked:
    asked = time_asked_of(by, share)
    if asked is not None:
        return asked
    if Share.objects.filter(theirs(by), uuid=share).exists():
        raise ValidationError(_(ANSWERED))
    raise NothingThere
