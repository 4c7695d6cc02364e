"""Share Studies: the shares that are made, and who is told of them."""

from datetime import timedelta

import pytest

from accounts.models import Invitation, OutboxMail
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Placement
from studies.selectors import placements_visible_to
from tests.cast import acting
from tests.factories import make_study, placement_of
from tests.fingerprint import fingerprint
from tests.sharing.presses import outcome, share, to_ben, to_emergency
from worklists.services import change_worklist, choose_notices

pytestmark = pytest.mark.django_db


# What is made


def test_a_share_to_a_location_lets_its_members_see_the_study(cast):
    report = share(cast, to_emergency(cast))

    assert outcome(report) == ("shared", "")
    assert cast.study in [placement.study for placement in placements_visible_to(acting(cast.ben))]


def test_five_methods_go_in_one_press(cast):
    report = share(
        cast,
        to_emergency(cast),
        Target(Method.GROUP, str(cast.chest.uuid)),
        to_ben(cast),
        Target(Method.CODE, "river side"),
        Target(Method.EMAIL, "Dora@Example.net"),
    )

    assert [row.outcome for row in report.rows] == ["shared", "shared", "shared", "shared", "invited"]
    assert Share.objects.filter(press=report.press, ended_at=None).count() == 5
    assert [row.label for row in report.rows][3:] == [
        "Riverside Clinic — Riverside Imaging",
        "dora@example.net",
    ]


def test_a_share_is_a_pointer_and_the_study_stays_one(cast):
    share(cast, to_emergency(cast))

    assert {placement.study_id for placement in Placement.objects.exclude(study=cast.other_study)} == {
        cast.study.pk
    }
    assert type(cast.study).objects.filter(study_instance_uid=cast.study.study_instance_uid).count() == 1


def test_the_identical_press_changes_nothing_and_mails_nobody(cast):
    share(cast, to_ben(cast))
    before = fingerprint(but={"audit_auditevent"})
    last = AuditEvent.objects.order_by("pk").last()

    assert outcome(share(cast, to_ben(cast))) == ("already_shared", "")

    assert fingerprint(but={"audit_auditevent"}) == before
    # The report names patients: it was read.
    events = AuditEvent.objects.filter(pk__gt=last.pk).values_list("action", flat=True)
    assert list(events) == [Action.DIALOG_READ]


def test_another_end_date_or_note_changes_the_share_without_a_mail(cast, clock):
    share(cast, to_ben(cast))
    mails = OutboxMail.objects.count()
    until = clock.now() + timedelta(days=3)

    assert outcome(share(cast, to_ben(cast), expires_at=until, note="For Friday")) == ("changed", "")

    made = Share.objects.get()
    assert (made.expires_at, made.note) == (until, "For Friday")
    assert placement_of(cast.study, cast.ben.personal_worklist).visible_until == until
    assert OutboxMail.objects.count() == mails
    event = AuditEvent.objects.get(action="study:share:change", share_uuid=made.uuid)
    assert (event.detail["was_until"], event.detail["until"]) == ("", until.isoformat())
    assert event.detail["note"] == "added"
    assert "Friday" not in str(event.detail)


def test_what_a_press_leaves_empty_stays_as_it_was(cast, clock):
    until = clock.now() + timedelta(days=3)
    share(cast, to_ben(cast), expires_at=until, note="For Friday")

    assert outcome(share(cast, to_ben(cast))) == ("already_shared", "")
    assert outcome(share(cast, to_ben(cast), note="For Monday")) == ("changed", "")

    made = Share.objects.get()
    assert (made.expires_at, made.note) == (until, "For Monday")
    event = AuditEvent.objects.get(action="study:share:change")
    assert (event.detail["was_until"], event.detail["until"], event.detail["note"]) == (
        until.isoformat(), until.isoformat(), "changed",
    )  # fmt: skip


def test_two_people_make_two_shares_and_one_placement(cast):
    share(cast, to_emergency(cast))
    share(cast, to_emergency(cast), by=acting(cast.lois))

    assert Share.objects.count() == 2
    assert Placement.objects.filter(study=cast.study, is_home=False).count() == 1


def test_a_worklist_that_asks_for_approval_holds_the_share_and_mails_nobody(cast):
    change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)

    assert outcome(share(cast, Target(Method.GROUP, str(cast.chest.uuid)))) == ("awaiting_approval", "")

    assert cast.study.pk not in placements_visible_to(acting(cast.adam)).filter(
        worklist=cast.chest
    ).values_list("study", flat=True)
    assert not OutboxMail.objects.exists()


def test_an_invited_address_gets_one_invitation_and_one_mail_for_a_press(cast):
    second = make_study(cast.ct)
    placements = [cast.placement.uuid, placement_of(second, cast.ct).uuid]

    report = share(cast, Target(Method.EMAIL, "dora@example.net"), placements=placements)

    assert [row.outcome for row in report.rows] == ["invited", "invited"]
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.account) == ("dora@example.net", cast.northgate)
    [mail] = OutboxMail.objects.all()
    assert (mail.kind, mail.recipient, mail.data["invitation"]) == (
        "invitation",
        "dora@example.net",
        invitation.pk,
    )


def test_a_known_address_is_shared_with_at_once_and_the_copy_is_external(cast, clock):
    assert outcome(share(cast, Target(Method.EMAIL, cast.ed.email.upper()))) == ("shared", "")

    placement = placement_of(cast.study, cast.ed.personal_worklist)
    assert placement.visible_until > clock.now() >= placement.internal_until


# Who is told


def told(report):
    return sorted(
        OutboxMail.objects.filter(data__press=str(report.press)).values_list("recipient", flat=True)
    )


def test_a_physician_is_told_unless_they_said_no(cast):
    assert told(share(cast, to_ben(cast))) == [cast.ben.email]

    choose_notices(worklist=cast.vera.personal_worklist, times={"shared_here": "off"}, by=acting(cast.vera))
    assert told(share(cast, Target(Method.PHYSICIAN, str(cast.vera.uuid)))) == []


def test_members_of_a_worklist_are_told_only_where_they_asked_for_it(cast):
    assert told(share(cast, to_emergency(cast))) == []

    choose_notices(worklist=cast.emergency, times={"shared_here": "now"}, by=acting(cast.ben))
    second = placement_of(make_study(cast.ct), cast.ct)
    report = share(cast, to_emergency(cast), to_ben(cast), placements=[second.uuid])
    assert told(report) == [cast.ben.email]
