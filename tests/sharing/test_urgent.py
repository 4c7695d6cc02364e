"""Urgent shares: the time by which they are to be opened, what counts as opened, and who is notified if no one does."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.mail import NothingToSend
from accounts.models import AccountMembership, OutboxMail
from accounts.services import limits
from audit import clock as now_of
from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from sharing.mail import invitation, study_shared
from sharing.models import Escalation, Share
from sharing.notice_mail import notice as render_notice
from sharing.selectors.deliveries import deliveries_of
from sharing.selectors.notices import notices_of
from sharing.selectors.urgent import urgent_lines
from sharing.services import (
    change_share,
    decide_share,
    end_shares,
    leave_account,
    settle_overdue,
    share_studies,
    withdraw_press,
)
from sharing.services.urgent import escalate_urgent
from sharing.urgency import Deadline, Urgency, UrgentState, urgency_of
from tests.cast import acting
from tests.factories import make_study, placement_of
from tests.sharing.urgent import (
    email,
    in_minutes,
    location,
    mailed,
    new_colleague,
    notified,
    open_as,
    physician,
    set_contacts,
    share_urgent,
)
from worklists.services import (
    change_worklist,
    remove_worklist_member,
    set_urgent_contacts,
)

pytestmark = pytest.mark.django_db


def state(share: Share) -> UrgentState:
    """As a page shows it."""
    share.refresh_from_db()
    return urgent_lines([share], deliveries_of([share]), now_of.now())[share.pk].urgency.state


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


# --- What counts as opened


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


# --- Escalation


def test_the_sharer_and_one_contact_after_another_are_notified_until_all_were(cast, clock):
    ida = new_colleague(cast, "Ida")
    set_contacts(cast, cast.ben, ida, cast.adam)
    [share] = share_urgent(cast)

    assert escalate_urgent() == 0
    clock.move(minutes=60)
    assert [escalate_urgent(), escalate_urgent()] == [1, 0]
    assert mailed() == {cast.ana.email: 1, cast.ben.email: 1}
    clock.move(minutes=29)
    assert escalate_urgent() == 0
    clock.move(minutes=1)
    assert [escalate_urgent(), escalate_urgent()] == [1, 0]
    assert mailed() == {cast.ana.email: 1, cast.ben.email: 1, ida.email: 1}
    clock.move(minutes=30)
    assert escalate_urgent() == 1
    clock.move(days=3)
    assert escalate_urgent() == 0

    assert mailed() == {cast.ana.email: 1, cast.ben.email: 1, ida.email: 1, cast.adam.email: 1}
    steps = Escalation.objects.order_by("number").values_list("number", "contact")
    assert list(steps) == [(1, cast.ben.pk), (2, ida.pk), (3, cast.adam.pk)]
    assert AuditEvent.objects.filter(action=Action.SHARE_ESCALATE, in_original=True).count() == 3
    assert state(share) == UrgentState.ESCALATED


def test_an_opening_between_two_contacts_ends_it_and_the_mail_that_waits_is_not_sent(cast, clock):
    ida = new_colleague(cast, "Ida")
    set_contacts(cast, cast.ben, ida)
    [share] = share_urgent(cast)
    clock.move(minutes=60)
    escalate_urgent()
    waiting = OutboxMail.objects.get(kind="notice", recipient=cast.ben.email)
    assert "Urgent: no one has opened" in render_notice(waiting).text

    open_as(cast.ben, share)
    clock.move(minutes=30)

    assert escalate_urgent() == 1
    assert ida.email not in mailed()
    with pytest.raises(NothingToSend):
        render_notice(waiting)
    assert state(share) == UrgentState.LATE


def test_without_contacts_the_sharer_alone_is_notified(cast, clock):
    share_urgent(cast)
    share_urgent(cast, physician(cast.vera))
    share_urgent(cast, email(cast.ed.email))
    clock.move(hours=2)

    assert [escalate_urgent(), escalate_urgent()] == [3, 0]

    assert mailed() == {cast.ana.email: 3}
    by_method = dict(
        AuditEvent.objects.filter(action=Action.SHARE_ESCALATE).values_list("detail__method", "in_original")
    )
    # That an external recipient opened nothing is not in the original's trail.
    assert by_method == {"location": True, "physician": True, "email": False}


def test_a_contact_who_left_is_inactive_or_is_the_sharer_is_passed_over(cast, clock):
    ida, olaf = new_colleague(cast, "Ida"), new_colleague(cast, "Olaf")
    set_contacts(cast, ida, olaf, cast.ben)
    remove_worklist_member(membership=ida.worklist_memberships.get(), by=acting(cast.adam))
    leave_account(membership=AccountMembership.objects.get(user=olaf).pk, by=acting(cast.adam))
    share_urgent(cast)
    clock.move(hours=2)

    escalate_urgent()

    assert mailed() == {cast.ana.email: 1, cast.ben.email: 1}


def test_the_studies_of_a_press_to_one_worklist_are_one_mail_for_each_person(cast, clock):
    set_contacts(cast, cast.ben)
    second = placement_of(make_study(cast.ct), cast.ct).uuid
    share_urgent(cast, location(cast.emergency), placements=[cast.placement.uuid, second])
    clock.move(hours=2)

    assert escalate_urgent() == 2

    assert mailed() == {cast.ana.email: 1, cast.ben.email: 1}
    assert Escalation.objects.count() == 2


def test_a_task_that_is_a_day_late_notifies_one_contact_and_gives_the_next_the_whole_wait(cast, clock):
    ida = new_colleague(cast, "Ida")
    set_contacts(cast, cast.ben, ida)
    share_urgent(cast)
    clock.move(days=1)

    assert [escalate_urgent() for _ in range(3)] == [1, 0, 0]
    assert ida.email not in mailed()
    clock.move(minutes=30)
    assert escalate_urgent() == 1
    assert mailed()[ida.email] == 1


def test_ended_withdrawn_and_expired_shares_notify_no_one(cast, clock):
    set_contacts(cast, cast.ben)
    [share] = share_urgent(cast)
    end_shares(shares=[share.uuid], by=acting(cast.ana))
    [withdrawn] = share_urgent(cast, physician(cast.vera))
    withdraw_press(press=withdrawn.press, by=acting(cast.ana))
    tomorrow = now_of.now().date() + timedelta(days=1)
    [expiring] = share_urgent(cast, physician(cast.ben), expires_at=tomorrow)
    clock.move(days=3)

    assert escalate_urgent() == 0
    settle_overdue()
    assert escalate_urgent() == 0

    assert mailed() == {}
    assert [state(each) for each in (share, withdrawn, expiring)] == [UrgentState.OVER] * 3


def test_while_a_share_waits_for_approval_its_approvers_are_notified_and_then_its_contacts(cast, clock):
    change_worklist(worklist=cast.emergency, needs_approval=True, by=acting(cast.adam))
    set_contacts(cast, cast.ben)
    [share] = share_urgent(cast)
    clock.move(minutes=60)
    assert [escalate_urgent(), escalate_urgent()] == [1, 0]
    # Ben may approve as well.
    assert mailed() == {cast.ana.email: 1, cast.adam.email: 1, cast.ben.email: 1}
    assert "waits for approval" in notified(cast.adam)[0]
    assert "waits for approval" in notified(cast.ana)[0]

    clock.move(minutes=45)
    assert escalate_urgent() == 0
    decide_share(share=share.uuid, by=acting(cast.adam), approve=True)
    clock.move(minutes=29)
    assert escalate_urgent() == 0
    clock.move(minutes=1)
    assert [escalate_urgent(), escalate_urgent()] == [1, 0]

    assert mailed() == {cast.ana.email: 1, cast.adam.email: 1, cast.ben.email: 2}


def test_a_share_that_was_approved_in_time_or_declined_is_as_any_other(cast, clock):
    change_worklist(worklist=cast.emergency, needs_approval=True, by=acting(cast.adam))
    set_contacts(cast, cast.ben)
    second = placement_of(make_study(cast.ct), cast.ct).uuid
    [approved] = share_urgent(cast)
    [declined] = share_urgent(cast, location(cast.emergency), placements=[second])
    decide_share(share=approved.uuid, by=acting(cast.adam), approve=True)
    decide_share(share=declined.uuid, by=acting(cast.adam), approve=False)
    clock.move(minutes=60)

    assert escalate_urgent() == 1

    assert mailed() == {cast.ana.email: 1, cast.ben.email: 1}
    assert state(declined) == UrgentState.OVER


def test_another_time_begins_again(cast, clock):
    set_contacts(cast, cast.ben)
    [share] = share_urgent(cast)
    clock.move(minutes=60)
    escalate_urgent()

    deadline = Deadline(in_minutes(60))
    change_share(share=share.uuid, by=acting(cast.ana), expires_at=None, note=None, deadline=deadline)
    assert state(share) == UrgentState.WAITS
    clock.move(minutes=60)
    escalate_urgent()

    assert mailed() == {cast.ana.email: 2, cast.ben.email: 2}
    assert len(set(notified(cast.ben))) == 2


def test_a_contact_who_lost_sight_of_the_study_has_no_mail(cast, clock):
    set_contacts(cast, cast.ben)
    [share] = share_urgent(cast)
    clock.move(hours=2)
    escalate_urgent()
    waiting = OutboxMail.objects.get(kind="notice", recipient=cast.ben.email)

    end_shares(shares=[share.uuid], by=acting(cast.ana))

    with pytest.raises(NothingToSend):
        render_notice(waiting)
    assert notified(cast.ben) == ["This is about a study that you can no longer see."]


# --- What people read


def test_the_sentences_name_no_patient_and_the_time_is_in_the_readers_zone(cast, clock):
    cast.ben.timezone = "America/New_York"
    cast.ben.save(update_fields=["timezone"])
    set_contacts(cast, cast.ben)
    share_urgent(cast)
    clock.move(hours=2)
    escalate_urgent()

    [to_contact], [to_sharer] = notified(cast.ben), notified(cast.ana)
    assert to_contact.startswith("Urgent: no one has opened what Ana shared with Emergency.")
    assert to_contact.endswith("(America/New York).")
    assert to_sharer.startswith("Your urgent share with Emergency")
    texts = [render_notice(waiting).text for waiting in OutboxMail.objects.filter(kind="notice")]
    assert len(texts) == 2
    for text in texts:
        assert "It cannot be switched off" in text
        assert "Quill" not in text and "Hazel" not in text


def test_the_mail_of_a_press_says_that_it_is_urgent_and_until_when(cast):
    share_urgent(cast, email(cast.ed.email), email("dora@example.net"))

    registered = study_shared(OutboxMail.objects.get(kind="study_shared"))
    invited = invitation(OutboxMail.objects.get(kind="invitation"))
    for message in (registered, invited):
        assert message.subject.startswith("Urgent: Ana ")
        assert "Urgent: to be opened by " in message.text
        assert "Urgent: to be opened by " in message.html


def test_the_bell_says_that_it_is_urgent(cast):
    share_urgent(cast, physician(cast.ben))

    [line] = notices_of(acting(cast.ben)).lines
    assert line.sentence.startswith("Urgent, to be opened by ")


# --- Contacts


def test_contacts_are_people_who_see_the_studies(cast):
    def set_to(*emails: str, wait: int = 30):
        return set_urgent_contacts(worklist=cast.emergency, emails=emails, wait=wait, by=acting(cast.adam))

    assert set_to(cast.ben.email, cast.adam.email.upper())
    assert not set_to(cast.ben.email, cast.adam.email)
    for email_of, wait, field in (
        (cast.caro.email, 30, "emails"),
        ("nobody@example.net", 30, "emails"),
        (cast.ben.email, 4, "wait"),
        (cast.ben.email, 1441, "wait"),
    ):
        with pytest.raises(ValidationError) as refusal:
            set_to(email_of, wait=wait)
        assert list(refusal.value.error_dict) == [field]
    assert set_to(cast.ben.email, wait=5)
    changed = AuditEvent.objects.filter(action=Action.URGENT_CONTACTS)
    assert [event.detail["wait"] for event in changed.order_by("pk")] == [30, 5]


def test_a_contact_who_left_may_stay_in_the_order(cast):
    ida = new_colleague(cast, "Ida")
    set_contacts(cast, ida, cast.ben)
    remove_worklist_member(membership=ida.worklist_memberships.get(), by=acting(cast.adam))

    set_contacts(cast, cast.ben, ida)

    assert list(cast.emergency.urgent_contacts.order_by("position").values_list("user", flat=True)) == [
        cast.ben.pk,
        ida.pk,
    ]
