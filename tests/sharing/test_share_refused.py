"""Share Studies: recipients, studies and people that are refused, each with a sentence."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Invitation
from audit.actor import OPERATOR
from audit.models import AuditEvent
from common.text import NOT_AN_EMAIL
from sharing import services
from sharing.models import Method, Share
from sharing.targets import NO_SUCH, YOURSELF, Target
from tests.cast import acting
from tests.factories import make_study, make_user, placement_of
from tests.sharing.presses import outcome, share, to_ben, to_emergency
from worklists.services import change_worklist

pytestmark = pytest.mark.django_db


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
