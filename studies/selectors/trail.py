"""Which events the trail of a placement shows, and the sentence that describes them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from audit.actions import Action
from audit.actor import Actor
from audit.folding import Fold
from audit.models import AuditEvent
from audit.shown_events import ShownEvent, shown_event, shown_line
from studies.models import Placement
from studies.selectors.visibility import placements_visible_to
from worklists import access

# The events of a share that both its worklists read about.
SHARE_ACTIONS = (
    Action.SHARE_ADD,
    Action.SHARE_CHANGE,
    Action.SHARE_APPROVE,
    Action.SHARE_DECLINE,
    Action.SHARE_CLAIM,
    Action.SHARE_DROP,
    Action.SHARE_END,
    Action.SHARE_EXPIRE,
    Action.SHARE_UNREACHABLE,
)

ORIGINAL = "original"
ACCOUNT = "account"
OWN = "own"


def reach(placement: Placement, *, at: datetime) -> str:
    """How far the placement's trail reaches: the original's, its own account's events, or its own events.

    Select `study__home` and `worklist` with it; `at` is the database's now.
    """
    worklist = placement.worklist
    if placement.is_home:
        return ORIGINAL
    if worklist.is_personal or placement.internal_until <= at:
        return OWN
    return ORIGINAL if worklist.account_id == placement.study.home.account_id else ACCOUNT


def trail_of(placement: Placement, *, at: datetime) -> QuerySet[AuditEvent]:
    """The events of the placement's study that its worklist may read about."""
    events = AuditEvent.objects.filter(study_id=placement.study_id)
    reaches = reach(placement, at=at)
    if reaches == ORIGINAL:
        return events.filter(in_original=True)
    brought = events.filter(other_worklist_id=placement.worklist_id, action__in=SHARE_ACTIONS)
    # By the share and not by the worklist alone: a promise has no worklist before it is claimed.
    received = Q(action__in=SHARE_ACTIONS, share_uuid__in=brought.values("share_uuid"))
    if reaches == ACCOUNT:
        return events.filter(Q(account_id=placement.worklist.account_id) | received)
    return events.filter(Q(worklist_id=placement.worklist_id) | received)


def trails_readable_by(by: Actor, placements: Collection[UUID]) -> set[UUID]:
    """Of these placements, those whose trail the actor may read: one query, and none for no placement."""
    if not placements:
        return set()
    readable = placements_visible_to(by).filter(uuid__in=placements)
    holds = access.worklists_for(by, "view_study_audit")
    return set(readable.filter(worklist__in=holds).values_list("uuid", flat=True))


def trail_sentence(placement: Placement, *, at: datetime) -> str:
    """What this trail holds and what it does not, for its reader."""
    worklist, reaches = placement.worklist, reach(placement, at=at)
    if reaches == ORIGINAL:
        return _(
            "This is the original’s audit trail: what happened to the study here and on every worklist it reached "
            "without an email share. For a share by email it shows the share and its end, but not what the "
            "recipient did."
        )
    if reaches == ACCOUNT:
        account = worklist.account.name if worklist.account is not None else ""
        return _(
            "This trail shows what happened to the study on the worklists of %(account)s, and the shares that "
            "brought it here. What happened elsewhere is in the original’s trail."
        ) % {"account": account}
    if placement.internal_until > at:
        return _(
            "This trail shows what happened to the study on this worklist, and the shares that brought it here. "
            "The original’s trail shows this too."
        )
    return _(
        "This study came by email. This trail shows only what happened on this worklist, and the shares that "
        "brought it here. The original’s trail shows the share and its end, but nothing that happens here."
    )


def event_in(event: AuditEvent, placement: Placement) -> ShownEvent:
    """The event as a reader of this placement's trail sees it."""
    return shown_event(event, is_ours=_is_ours(event, placement))


def line_in(line: Fold, placement: Placement) -> ShownEvent:
    """As `event_in`, with its repeats."""
    return shown_line(line, is_ours=_is_ours(line.events[0], placement))


def _is_ours(event: AuditEvent, placement: Placement) -> bool:
    account_id = placement.worklist.account_id
    return event.worklist_id == placement.worklist_id or (
        account_id is not None and event.account_id == account_id
    )
