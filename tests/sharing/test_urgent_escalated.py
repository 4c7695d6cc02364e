"""Urgent shares that are not opened in time: who is notified, one after the other, and when no more."""

from datetime import timedelta

import pytest

from accounts.mail import NothingToSend
from accounts.models import AccountMembership, OutboxMail
from audit import clock as now_of
from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Escalation
from sharing.notice_mail import notice as render_notice
from sharing.services import (
    change_share,
    decide_share,
    end_shares,
    leave_account,
    settle_overdue,
    withdraw_press,
)
from sharing.services.urgent import escalate_urgent
from sharing.urgency import Deadline, UrgentState
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
    state,
)
from worklists.services import (
    change_worklist,
    remove_worklist_member,
)

pytestmark = pytest.mark.django_db


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
