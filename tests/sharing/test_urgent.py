"""Urgent shares: the time by which they are to be opened, and what counts as opened."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.services import limits
from audit import clock as now_of
from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from sharing.models import Share
from sharing.services import (
    change_share,
    end_shares,
    share_studies,
)
from sharing.services.urgent import escalate_urgent
from sharing.urgency import Deadline, Urgency, UrgentState, urgency_of
from tests.cast import acting
from tests.sharing.urgent import (
    email,
    in_minutes,
    location,
    mailed,
    open_as,
    physician,
    set_contacts,
    share_urgent,
    state,
)

pytestmark = pytest.mark.django_db


def refused(call) -> str:
    with pytest.raises(ValidationError) as refusal:
        call()
    return refusal.value.code


# --- The time


def test_the_time_lies_in_the_future_and_before_the_end(cast):
    tomorrow = now_of.now().date() + timedelta(days=1)

    assert refused(lambda: share_urgent(cast, minutes=-1)) == "open_by"
    assert refused(lambda: share_urgent(cast, minutes=3 * 24 * 60, expires_at=tomorrow)) == "open_by"
    assert not Share.objects.exists()
    [share] = share_urgent(cast, expires_at=tomorrow)
    assert share.open_by < share.expires_at


def test_the_database_keeps_the_time_between_the_share_and_its_end(cast):
    [share] = share_urgent(cast)
    for wrong in ({"open_by": share.shared_at}, {"expires_at": share.open_by}, {"open_by": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Share.objects.filter(pk=share.pk).update(**wrong)


def test_a_share_is_made_urgent_and_not_urgent_again(cast):
    [share] = share_urgent(cast)
    later = in_minutes(120)

    def change(deadline: Deadline | None):
        return change_share(
            share=share.uuid, by=acting(cast.ana), expires_at=None, note="", deadline=deadline
        )

    assert change(None) is None
    assert change(Deadline(share.open_by)) is None
    assert change(Deadline(later)).open_by == later
    share.refresh_from_db()
    assert (share.open_by, share.escalate_at) == (later, later)
    assert change(Deadline(None)) is not None
    share.refresh_from_db()
    assert (share.open_by, share.escalate_at) == (None, None)


def test_an_end_before_the_time_is_refused_in_a_change_and_in_a_press(cast, clock):
    [share] = share_urgent(cast, minutes=3 * 24 * 60)
    tomorrow = now_of.now().date() + timedelta(days=1)

    def change():
        change_share(share=share.uuid, by=acting(cast.ana), expires_at=tomorrow, note=None)

    assert refused(change) == "until"
    report = share_studies(
        placements=[cast.placement.uuid],
        targets=[location(cast.emergency)],
        by=acting(cast.ana),
        expires_at=tomorrow,
    )
    assert [row.outcome for row in report.rows] == ["refused"]
    share.refresh_from_db()
    assert share.expires_at is None


def test_an_overdue_share_keeps_its_time_when_its_note_changes(cast, clock):
    [share] = share_urgent(cast)
    clock.move(hours=2)

    changed = change_share(
        share=share.uuid,
        by=acting(cast.ana),
        expires_at=None,
        note="Please",
        deadline=Deadline(share.open_by),
    )

    assert changed.note == "Please"
    assert state(share) == UrgentState.OVERDUE


def test_the_trail_says_until_when_and_what_it_was_before(cast):
    [share] = share_urgent(cast)
    change_share(share=share.uuid, by=acting(cast.ana), expires_at=None, note=None, deadline=Deadline(None))

    added, changed = AuditEvent.objects.filter(
        action__in=[Action.SHARE_ADD, Action.SHARE_CHANGE], share_uuid=share.uuid
    ).order_by("pk")
    assert ", urgent, to be opened by " in sentence(added)
    assert "(before: to be opened by " in sentence(changed)


def test_urgent_recipients_are_limited(cast, monkeypatch):
    monkeypatch.setattr(
        limits, "URGENT", limits.Rate("urgent recipients", person=2, account=9, per=limits.HOUR)
    )
    [share] = share_urgent(cast)
    later = Deadline(in_minutes(120))

    def press():
        share_urgent(cast, location(cast.emergency), physician(cast.vera))

    def change():
        change_share(share=share.uuid, by=acting(cast.ana), expires_at=None, note=None, deadline=later)

    assert refused(press) == "limited"
    change()
    later = Deadline(in_minutes(180))
    assert refused(change) == "limited"
    # What is not urgent has no part in the limit.
    assert change_share(share=share.uuid, by=acting(cast.ana), expires_at=None, note="Please") is not None


@pytest.mark.parametrize(
    "action, page, counts",
    [
        (Action.IMAGES_SERVED, "", True),
        (Action.STUDY_OPEN, "report", True),
        (Action.STUDY_OPEN, "document", True),
        (Action.STUDY_DOWNLOAD, "", True),
        (Action.STUDY_OPEN, "details", False),
        (Action.SHARE_ACKNOWLEDGE, "", False),
    ],
)
def test_images_or_a_report_are_opened_and_the_page_of_the_study_is_not_enough(
    cast, clock, action, page, counts
):
    set_contacts(cast, cast.ben)
    [share] = share_urgent(cast)
    open_as(cast.ben, share, action, page)

    clock.move(hours=2)
    escalate_urgent()

    assert (state(share) == UrgentState.IN_TIME) is counts
    assert (mailed() == {}) is counts


def test_of_a_share_by_email_the_first_opening_counts_since_the_sharer_knows_no_other(cast, clock):
    [share] = share_urgent(cast, email(cast.ed.email))
    open_as(cast.ed, share, Action.STUDY_OPEN, "details")

    clock.move(hours=2)
    escalate_urgent()

    assert state(share) == UrgentState.IN_TIME
    assert mailed() == {}


def test_the_sharers_own_reading_and_what_was_before_the_share_do_not_count(cast, clock):
    [first] = share_urgent(cast)
    open_as(cast.adam, first)
    end_shares(shares=[first.uuid], by=acting(cast.ana))
    clock.move(minutes=5)
    [share] = share_urgent(cast)
    open_as(cast.ana, share)

    clock.move(hours=2)

    assert state(share) == UrgentState.OVERDUE


@pytest.mark.parametrize(
    "opened, ended, contacts, after, expected",
    [
        (None, None, 0, -1, UrgentState.WAITS),
        (-5, None, 0, 1, UrgentState.IN_TIME),
        (0, None, 0, 1, UrgentState.IN_TIME),
        (5, None, 2, 9, UrgentState.LATE),
        (None, None, 0, 0, UrgentState.OVERDUE),
        (None, None, 2, 9, UrgentState.ESCALATED),
        (None, 5, 2, 9, UrgentState.OVER),
        (-5, 5, 0, 9, UrgentState.IN_TIME),
    ],
)
def test_the_state_is_a_function_of_the_opening_the_end_and_the_contacts(
    opened, ended, contacts, after, expected
):
    open_by = now_of.now()

    def at(minutes):
        return open_by + timedelta(minutes=minutes) if minutes is not None else None

    share = Share(open_by=open_by, ended_at=at(ended))
    shown = urgency_of(share, opened=at(opened), contacts=contacts, now=at(after))
    assert shown == Urgency(expected, open_by, at(opened), contacts)
    assert urgency_of(Share(), opened=None, contacts=0, now=open_by) is None
