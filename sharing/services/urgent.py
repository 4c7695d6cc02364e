"""An urgent share that is not opened in time: its sharer and the worklist's contacts are notified, one by one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from audit import clock
from audit.actions import Action
from audit.actor import SYSTEM
from audit.services import event, record_all
from sharing.delivery import is_outside
from sharing.events import Labels, moment_text, on_share
from sharing.models import Escalation, Share, TakenOverShare
from sharing.models.share import ShareQuerySet
from sharing.selectors.urgent import contacts_notified, contacts_of, steps_taken, unopened
from sharing.services import notices
from worklists import access
from worklists.models import NoticeEvent, Worklist

SWEEP = 500


class _Group(NamedTuple):
    """What is one occasion: the shares of a press to one recipient, whose same contacts were notified before."""

    press: UUID
    worklist_id: int | None
    invitation_id: int | None
    open_by: datetime
    is_approved: bool
    notified: tuple[int, ...]

    @property
    def key(self) -> str:
        """Ends with the time, which a notice is to name even when the share has another by then."""
        recipient = f"{self.worklist_id or '-'}/{self.invitation_id or '-'}"
        return f"{self.press} {recipient} {self.open_by.isoformat()}"


class _Sweep(NamedTuple):
    """What was read of the due shares, by key: steps taken before, and those made where the study is internal."""

    at: datetime
    steps: dict[int, int]
    inside: frozenset[int]


@transaction.atomic
def escalate_urgent() -> int:
    """Take the next step about each urgent share that is due and that no one has opened; how many shares were due.

    The sharer is notified once of each time that passes, and one contact at a step: the next step is due a wait after
    this one, however late this is. So a task that did not run for a day notifies no one in a burst, and what was
    opened or ended meanwhile notifies no one at all. At most a few hundred a call.
    """
    due = Share.objects.live().filter(escalate_at__lte=Now()).order_by("escalate_at", "pk")
    # Another run that has these shares already takes their step.
    locked = due.select_for_update(of=("self",), no_key=True, skip_locked=True)
    named = locked.select_related("shared_by", "study", "from_worklist", "to_worklist", "invitation")
    shares = list(named.annotate(in_original=ShareQuerySet.made_inside())[:SWEEP])
    if not shares:
        return 0
    now = clock.now()
    # Read after the lock: an opening that was committed until now ends the matter.
    waiting = unopened(shares)
    Share.objects.filter(pk__in=[share.pk for share in shares]).update(escalate_at=None)
    notified = contacts_notified(waiting)
    inside = frozenset(share.pk for share in waiting if vars(share)["in_original"])
    sweep = _Sweep(now, steps_taken(waiting), inside)
    groups: dict[_Group, list[Share]] = {}
    for share in waiting:
        groups.setdefault(_group_of(share, notified.get(share.pk, [])), []).append(share)
    for group, of_group in groups.items():
        _escalate(group, of_group, sweep)
    return len(shares)


def after_approval(share: Share, worklist: Worklist, now: datetime) -> datetime | None:
    """When the next step is due of a share that is approved now: those who may open it have a wait for that."""
    if share.open_by is None or share.open_by > now:
        return share.open_by
    return now + wait_of(worklist)


def wait_of(worklist: Worklist) -> timedelta:
    return timedelta(minutes=worklist.urgent_wait)


def _group_of(share: Share, notified: Sequence[int]) -> _Group:
    assert share.open_by is not None  # a constraint: an escalated share is urgent
    is_approved = share.approved_at is not None
    return _Group(
        share.press, share.to_worklist_id, share.invitation_id, share.open_by, is_approved, tuple(notified)
    )


def _escalate(group: _Group, shares: Sequence[Share], sweep: _Sweep) -> None:
    first = shares[0]
    worklist = first.to_worklist
    next_contact: User | None = None
    if worklist is not None and group.is_approved:
        left = [
            contact
            for contact in contacts_of(worklist)
            if contact.pk not in group.notified and contact.pk != first.shared_by_id
        ]
        next_contact = left[0] if left else None
        if next_contact is not None:
            _tell_contact(group, first, next_contact)
        if len(left) > 1:
            due = sweep.at + wait_of(worklist)
            Share.objects.filter(pk__in=[share.pk for share in shares]).update(escalate_at=due)
    elif worklist is not None:
        _tell_approvers(group, first)
    _tell_sharer(group, first)
    if next_contact is None and any(sweep.steps.get(share.pk) for share in shares):
        return
    _record(group, shares, next_contact, sweep)


def _record(group: _Group, shares: Sequence[Share], contact: User | None, sweep: _Sweep) -> None:
    Escalation.objects.bulk_create(
        Escalation(
            share=share,
            open_by=group.open_by,
            number=sweep.steps.get(share.pk, 0) + 1,
            contact=contact,
            at=sweep.at,
        )
        for share in shares
    )
    labels = Labels.of(shares)
    record_all(
        event(
            Action.SHARE_ESCALATE,
            by=SYSTEM,
            on=on_share(
                share,
                share.study,
                labels,
                # That an external recipient opened nothing is no more in the original's trail than what they open.
                in_original=share.pk in sweep.inside and not is_outside(share),
                open_by=moment_text(share.open_by),
                step=sweep.steps.get(share.pk, 0) + 1,
                contacts=int(contact is not None),
            ),
        )
        for share in shares
    )


def _tell_sharer(group: _Group, share: Share) -> None:
    keepers = TakenOverShare.objects.filter(share=share).values_list("keeper", flat=True)
    notices.tell(
        event=NoticeEvent.URGENT,
        key=group.key,
        worklists=[share.from_worklist_id],
        share=share,
        only=[share.shared_by_id, *keepers],
    )


def _tell_contact(group: _Group, share: Share, contact: User) -> None:
    assert group.worklist_id is not None  # contacts are a worklist's
    notices.tell(
        event=NoticeEvent.URGENT,
        key=group.key,
        worklists=[group.worklist_id],
        share=share,
        only=[contact.pk],
    )


def _tell_approvers(group: _Group, share: Share) -> None:
    assert share.to_worklist is not None  # it is a worklist that asks for approval
    # All of them, those too who are there by "Every worklist" alone: no one has chosen about this.
    approvers = access.people_with("approve_study", share.to_worklist).values_list("pk", flat=True)
    notices.tell(
        event=NoticeEvent.URGENT,
        # An approver may be a contact as well, and is then notified of either.
        key=f"approval {group.key}",
        worklists=[share.to_worklist.pk],
        share=share,
        right="approve_study",
        only=list(approvers),
        besides=share.shared_by_id,
    )
