"""Share Studies from a personal worklist: shared onward within the rights and the account of the first share."""

import pytest

from accounts.models import Invitation
from sharing.models import Method
from sharing.targets import Target
from tests.cast import acting
from tests.factories import placement_of
from tests.sharing.presses import outcome, share, to_ben, to_emergency

pytestmark = pytest.mark.django_db


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
