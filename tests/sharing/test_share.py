"""Share Studies: what becomes of each study and each target."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Invitation, OutboxMail
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from common.text import NOT_AN_EMAIL
from sharing import services
from sharing.models import Method, Share
from sharing.targets import NO_SUCH, YOURSELF, Target
from studies.models import Placement
from studies.selectors import placements_visible_to
from tests.cast import acting
from tests.factories import make_study, make_user, placement_of
from tests.fingerprint import fingerprint
from worklists.services import change_worklist, choose_notices

pytestmark = pytest.mark.django_db


def share(cast, *targets, by=None, placements=None, **more):
    placements = placements or [cast.placement.uuid]
    return services.share_studies(placements=placements, targets=targets, by=acting(by or cast.ana), **more)


def outcome(report):
    [row] = report.rows
    return row.outcome, row.sentence


def to_emergency(cast):
    return Target(Method.LOCATION, str(cast.emergency.uuid))


def to_ben(cast):
    return Target(Method.PHYSICIAN, str(cast.ben.uuid))


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


# What is refused


@pytest.mark.parametrize(
    "method, value, sentence",
    [
        (Method.LOCATION, "imaging", "This location no longer exists."),
        (Method.GROUP, "orthopaedics", "This group no longer exists."),
        (Method.GROUP, "emergency", "This group no longer exists."),
        (Method.LOCATION, "ct", "The studies are already on this worklist."),
    ],
)
def test_a_place_that_is_not_in_the_directory_is_as_if_it_did_not_exist(cast, method, value, sentence):
    target = Target(method, str(getattr(cast, value).uuid))

    assert outcome(share(cast, target)) == ("refused", sentence)
    assert not Share.objects.exists()


@pytest.mark.parametrize(
    "who, sentence",
    [
        ("caro", "This person is not an active member of the organisation."),
        ("ina", "This person is not an active member of the organisation."),
        ("ed", "This person is not an active member of the organisation."),
        ("ana", YOURSELF),
    ],
)
def test_a_physician_is_an_active_member_and_not_oneself(cast, who, sentence):
    assert outcome(share(cast, Target(Method.PHYSICIAN, str(getattr(cast, who).uuid)))) == (
        "refused",
        sentence,
    )


@pytest.mark.parametrize("code", ["NOSUCHCODE", "", "!!!", "\x00", "ngct2026x"])
def test_an_unknown_code_has_one_answer(cast, code):
    answer = outcome(share(cast, Target(Method.CODE, code)))

    assert answer == ("refused", NO_SUCH[Method.CODE])


def test_a_code_of_a_worklist_that_takes_no_shares_has_the_same_answer(cast):
    change_worklist(worklist=cast.imaging, takes_shares=False, by=OPERATOR)

    answer = outcome(share(cast, Target(Method.CODE, "RIVERSIDE")))

    assert answer == ("refused", NO_SUCH[Method.CODE])


def test_a_location_that_takes_no_shares_says_so(cast):
    change_worklist(worklist=cast.emergency, takes_shares=False, by=OPERATOR)

    assert outcome(share(cast, to_emergency(cast))) == ("refused", "This worklist does not accept shares.")


@pytest.mark.parametrize(
    "address", ["not an address", "a@b", "x@@example.org", "", "a" * 300 + "@example.org"]
)
def test_a_malformed_address_is_refused(cast, address):
    assert outcome(share(cast, Target(Method.EMAIL, address))) == ("refused", NOT_AN_EMAIL)


def test_ones_own_address_and_a_deactivated_users_are_refused(cast):
    gone = make_user("Gone", is_active=False)

    assert outcome(share(cast, Target(Method.EMAIL, cast.ana.email))) == (
        "refused",
        YOURSELF,
    )
    assert outcome(share(cast, Target(Method.EMAIL, gone.email))) == (
        "refused",
        "This email address cannot receive shares.",
    )


def test_the_studys_own_home_is_no_target(cast):
    share(cast, to_emergency(cast))
    onward = placement_of(cast.study, cast.emergency)

    report = share(
        cast, Target(Method.LOCATION, str(cast.ct.uuid)), by=acting(cast.ben), placements=[onward.uuid]
    )

    assert outcome(report) == ("refused", "The original is on this worklist, so the study is already there.")


def test_one_refused_row_undoes_no_other(cast):
    report = share(cast, Target(Method.CODE, "NOSUCHCODE"), to_emergency(cast))

    assert [row.outcome for row in report.rows] == ["refused", "shared"]
    refused = AuditEvent.objects.get(action="study:share:refuse")
    assert (refused.outcome, refused.study_id, refused.detail["method"]) == ("refused", cast.study.pk, "code")


@pytest.mark.parametrize(
    "who, method",
    [
        ("lois", Method.LOCATION),
        ("gus", Method.GROUP),
        ("phil", Method.PHYSICIAN),
        ("cody", Method.CODE),
        ("erin", Method.EMAIL),
    ],
)
def test_a_role_with_one_method_can_use_that_one_alone(cast, who, method):
    targets = {
        Method.LOCATION: to_emergency(cast),
        Method.GROUP: Target(Method.GROUP, str(cast.chest.uuid)),
        Method.PHYSICIAN: to_ben(cast),
        Method.CODE: Target(Method.CODE, "RIVERSIDE"),
        Method.EMAIL: Target(Method.EMAIL, "dora@example.net"),
    }

    report = share(cast, *targets.values(), by=acting(getattr(cast, who)))

    done = {row.target.method for row in report.rows if row.outcome in ("shared", "invited")}
    refused = {row.target.method for row in report.rows if row.outcome == "refused"}
    assert done == {method}
    assert refused == set(Method) - {method}
    assert Invitation.objects.exists() == (method == Method.EMAIL)


def test_nobody_shares_without_the_right_to_share(cast):
    with pytest.raises(PermissionDenied):
        share(cast, to_emergency(cast), by=acting(cast.vera))

    assert not Share.objects.exists()


@pytest.mark.parametrize("who", ["nolan", "ina", "sue", "caro", "ed", "ben"])
def test_who_does_not_see_the_study_finds_nothing_to_share(cast, who):
    with pytest.raises(services.NothingThere):
        share(cast, to_emergency(cast), by=acting(getattr(cast, who)))

    assert not Share.objects.exists()


def test_a_study_gone_meanwhile_is_a_refused_row_and_the_rest_goes_on(cast):
    report = share(cast, to_emergency(cast), placements=[cast.placement.uuid, uuid4()])

    assert [(row.outcome, row.sentence) for row in report.rows] == [
        ("shared", ""),
        ("refused", "This study is no longer on this worklist."),
    ]


def test_limits_are_said_in_a_sentence(cast):
    with pytest.raises(ValidationError, match="at most 500 studies"):
        share(cast, to_emergency(cast), placements=[uuid4() for _ in range(501)])
    with pytest.raises(ValidationError, match="at most 20 recipients"):
        share(cast, *(Target(Method.CODE, f"CODE{n}") for n in range(21)))
    with pytest.raises(ValidationError, match="at most 2,000 characters"):
        share(cast, to_emergency(cast), note="x" * 100_000)


def test_an_end_date_in_the_past_is_refused(cast, clock):
    with pytest.raises(ValidationError, match="must be today or later"):
        share(cast, to_emergency(cast), expires_at=clock.now())


def test_studies_of_two_worklists_do_not_go_in_one_press(cast):
    here = placement_of(make_study(cast.emergency), cast.emergency)

    with pytest.raises(ValidationError, match="one worklist at a time"):
        share(
            cast,
            Target(Method.EMAIL, "dora@example.net"),
            by=acting(cast.adam),
            placements=[cast.placement.uuid, here.uuid],
        )


# A personal worklist launders nothing


def on_personal(cast, person):
    return placement_of(cast.study, person.personal_worklist).uuid


def test_a_study_shared_by_email_goes_on_by_email_and_code_alone_without_an_account(cast):
    share(cast, Target(Method.EMAIL, cast.ed.email))

    report = share(
        cast,
        Target(Method.CODE, "RIVERSIDE"),
        Target(Method.EMAIL, "dora@example.net"),
        to_emergency(cast),
        to_ben(cast),
        by=acting(cast.ed),
        placements=[on_personal(cast, cast.ed)],
    )

    assert [row.outcome for row in report.rows] == ["shared", "invited", "refused", "refused"]
    assert Invitation.objects.get().by_user == cast.ed


def test_a_physician_share_goes_on_as_the_persons_role_in_that_account_allows(cast):
    share(cast, to_ben(cast), Target(Method.PHYSICIAN, str(cast.vera.uuid)))

    ben = share(
        cast,
        Target(Method.GROUP, str(cast.chest.uuid)),
        by=acting(cast.ben),
        placements=[on_personal(cast, cast.ben)],
    )
    vera = share(
        cast,
        Target(Method.GROUP, str(cast.chest.uuid)),
        by=acting(cast.vera),
        placements=[on_personal(cast, cast.vera)],
    )

    assert outcome(ben) == ("shared", "")
    assert [row.outcome for row in vera.rows] == ["refused"]


def test_a_viewer_given_a_study_by_physician_share_cannot_mail_it_out(cast):
    share(cast, Target(Method.PHYSICIAN, str(cast.vera.uuid)))

    report = share(
        cast,
        Target(Method.EMAIL, "dora@example.net"),
        by=acting(cast.vera),
        placements=[on_personal(cast, cast.vera)],
    )

    assert [row.outcome for row in report.rows] == ["refused"]
    assert not Invitation.objects.exists()


def test_a_person_in_two_accounts_shares_a_physician_share_on_within_its_account_alone(cast):
    from tests.factories import join

    join(cast.ben, cast.riverside, "Radiologist")
    share(cast, to_ben(cast))

    report = share(
        cast,
        Target(Method.PHYSICIAN, str(cast.caro.uuid), cast.riverside.uuid),
        Target(Method.PHYSICIAN, str(cast.phil.uuid), cast.northgate.uuid),
        by=acting(cast.ben),
        placements=[on_personal(cast, cast.ben)],
    )

    assert [row.outcome for row in report.rows] == ["refused", "shared"]
