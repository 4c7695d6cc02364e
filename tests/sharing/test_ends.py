"""How shares end: by hand, at home, with the share before them, by removal, deletion, leaving, and by the clock."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AccountMembership, Invitation
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing import selectors, services
from sharing.models import Method, Share
from sharing.targets import Target
from studies.models import Instance, Placement, Study
from studies.selectors import placement_for, placements_visible_to
from tests.cast import acting
from tests.factories import make_instance, make_series, make_user, placement_of
from worklists.services import change_worklist

pytestmark = pytest.mark.django_db


def share(by, placement, *targets, **more):
    report = services.share_studies(placements=[placement.uuid], targets=targets, by=acting(by), **more)
    return [row.share for row in report.rows]


def to(worklist):
    return Target(Method(worklist.kind), str(worklist.uuid))


@pytest.fixture
def chain(cast):
    """CT Reporting → Emergency → Ben → (by email) Ed → (by code) Riverside."""
    [first] = share(cast.ana, cast.placement, to(cast.emergency))
    [second] = share(
        cast.ben, placement_of(cast.study, cast.emergency), Target(Method.PHYSICIAN, str(cast.vera.uuid))
    )
    [third] = share(cast.ben, placement_of(cast.study, cast.emergency), Target(Method.EMAIL, cast.ed.email))
    [fourth] = share(
        cast.ed, placement_of(cast.study, cast.ed.personal_worklist), Target(Method.CODE, "RIVERSIDE")
    )
    return first, second, third, fourth


def places(study):
    return {placement.worklist_id for placement in Placement.objects.filter(study=study)}


# By hand


def test_ending_a_share_takes_everything_that_hung_on_it(cast, chain):
    report = services.end_shares(shares=[chain[0].uuid], by=acting(cast.ana))

    assert (report.ended, report.ended_already, report.ended_with_them) == (1, 0, 3)
    assert places(cast.study) == {cast.ct.pk}
    assert dict(Share.objects.values_list("pk", "end_reason")) == {
        chain[0].pk: "ended",
        chain[1].pk: "unreachable",
        chain[2].pk: "unreachable",
        chain[3].pk: "unreachable",
    }
    assert Share.objects.count() == 4, "ended, not forgotten"


def test_the_preview_says_in_numbers_what_ending_would_do(cast, chain):
    preview = selectors.what_ends([chain[0]], acting(cast.ana))

    assert preview.recipients == [("Emergency", 1)]
    assert preview.worklists == [("Vera", 1, 0)]
    assert (preview.shares, preview.studies, preview.beyond) == (1, 1, 1)


def test_two_shares_hold_one_placement_and_ending_one_leaves_it(cast):
    [first] = share(cast.ana, cast.placement, to(cast.emergency))
    share(cast.lois, cast.placement, to(cast.emergency))

    services.end_shares(shares=[first.uuid], by=acting(cast.ana))

    assert places(cast.study) == {cast.ct.pk, cast.emergency.pk}


def test_ending_again_ends_nothing_more(cast, chain):
    services.end_shares(shares=[chain[0].uuid], by=acting(cast.ana))
    events = AuditEvent.objects.count()

    report = services.end_shares(shares=[chain[0].uuid], by=acting(cast.ana))

    assert (report.ended, report.ended_already) == (0, 1)
    assert AuditEvent.objects.count() == events


def test_a_holder_of_share_study_at_home_ends_any_share_of_the_study(cast, chain):
    report = services.end_shares(shares=[chain[3].uuid], by=acting(cast.ana))

    assert report.ended == 1
    assert cast.imaging.pk not in places(cast.study)


def test_a_recipient_sees_a_share_and_may_not_end_it(cast, chain):
    with pytest.raises(PermissionDenied):
        services.end_shares(shares=[chain[0].uuid], by=acting(cast.vera))
    with pytest.raises(PermissionDenied):
        services.end_shares(shares=[chain[3].uuid], by=acting(cast.caro))

    assert not Share.objects.exclude(ended_at=None).exists()


@pytest.mark.parametrize("who", ["sue", "ina", "nolan"])
def test_who_sees_neither_end_of_a_share_finds_nothing(cast, chain, who):
    with pytest.raises(services.NothingThere):
        services.end_shares(shares=[chain[0].uuid], by=acting(getattr(cast, who)))


def test_a_placement_keeps_its_address_when_shared_again(cast):
    [first] = share(cast.ana, cast.placement, to(cast.emergency))
    before = placement_of(cast.study, cast.emergency).uuid
    services.end_shares(shares=[first.uuid], by=acting(cast.ana))
    share(cast.ana, cast.placement, to(cast.emergency))

    assert placement_of(cast.study, cast.emergency).uuid == before


# Removal and deletion


def test_a_recipient_with_every_right_removes_the_study_from_their_worklist_and_home_keeps_it(cast, chain):
    here = placement_of(cast.study, cast.imaging)

    services.remove_from_worklist(placements=[here.uuid], by=acting(cast.rita))

    assert cast.imaging.pk not in places(cast.study)
    assert placement_for(acting(cast.ana), cast.placement.uuid) is not None
    assert Share.objects.get(pk=chain[3].pk).end_reason == "removed"


def test_a_recipient_with_every_right_cannot_delete_the_original(cast, chain):
    here = placement_of(cast.study, cast.imaging)

    with pytest.raises(PermissionDenied):
        services.delete_study(placement=here.uuid, by=acting(cast.rita), why="not ours")

    assert Study.objects.get(pk=cast.study.pk).deleted_at is None


def test_a_study_at_home_is_not_removed_but_deleted(cast):
    with pytest.raises(ValidationError, match="The original is on this worklist"):
        services.remove_from_worklist(placements=[cast.placement.uuid], by=acting(cast.adam))


def test_deleting_at_home_ends_every_share_and_leaves_a_tombstone_without_patient_data(cast, chain):
    make_instance(make_series(cast.study))
    share(cast.ana, cast.placement, Target(Method.EMAIL, "dora@example.net"))

    services.delete_study(placement=cast.placement.uuid, by=acting(cast.adam), why="Wrong patient")

    gone = Study.objects.get(pk=cast.study.pk)
    assert (gone.deleted_by, gone.deleted_because, gone.patient_name, gone.patient_id) == (
        cast.adam,
        "Wrong patient",
        "",
        "",
    )
    assert not places(cast.study)
    assert not Instance.objects.filter(study=cast.study).exists()
    assert set(Share.objects.values_list("end_reason", flat=True)) == {"study_deleted"}


@pytest.mark.parametrize("why", ["", "   ", "x" * 501])
def test_deleting_needs_a_reason(cast, why):
    with pytest.raises(ValidationError):
        services.delete_study(placement=cast.placement.uuid, by=acting(cast.adam), why=why)


def test_deleting_needs_the_right(cast):
    with pytest.raises(PermissionDenied):
        services.delete_study(placement=cast.placement.uuid, by=acting(cast.lois), why="Wrong patient")


# Leaving


def test_leaving_ends_the_physician_shares_of_that_account_and_no_other(cast):
    share(
        cast.ana,
        cast.placement,
        Target(Method.PHYSICIAN, str(cast.ben.uuid)),
        Target(Method.EMAIL, cast.ben.email),
    )
    membership = AccountMembership.objects.get(user=cast.ben, account=cast.northgate)

    services.leave_account(membership=membership.pk, by=acting(cast.adam))

    assert dict(Share.objects.values_list("method", "end_reason")) == {"physician": "left", "email": ""}
    assert placement_of(cast.study, cast.ben.personal_worklist)


def test_a_deactivated_user_keeps_placements_and_sees_nothing(cast):
    share(cast.ana, cast.placement, Target(Method.PHYSICIAN, str(cast.ben.uuid)))
    type(cast.ben).objects.filter(pk=cast.ben.pk).update(is_active=False)
    cast.ben.refresh_from_db()

    assert not placements_visible_to(acting(cast.ben)).exists()
    assert placement_of(cast.study, cast.ben.personal_worklist)


# The clock


def test_an_expiry_takes_effect_without_any_task(cast, clock):
    share(cast.ana, cast.placement, to(cast.emergency), expires_at=clock.now() + timedelta(hours=1))
    assert placements_visible_to(acting(cast.ben)).exists()

    clock.move(hours=2)

    assert not placements_visible_to(acting(cast.ben)).exists()
    assert placement_of(cast.study, cast.emergency), "the row waits for the sweep; no page looks at it"


def test_the_sweep_ends_overdue_shares_at_the_moment_they_stopped(cast, clock):
    until = clock.now() + timedelta(hours=1)
    [first] = share(cast.ana, cast.placement, to(cast.emergency), expires_at=until)
    [onward] = share(cast.ben, placement_of(cast.study, cast.emergency), to(cast.chest))
    clock.move(hours=2)

    assert services.settle_overdue() == 1

    first.refresh_from_db()
    onward.refresh_from_db()
    assert (first.ended_at, first.end_reason, first.ended_by) == (until, "expired", None)
    assert (onward.ended_at, onward.end_reason, onward.ended_by) == (until, "unreachable", None)
    assert places(cast.study) == {cast.ct.pk}
    assert services.settle_overdue() == 0


def test_an_expired_share_never_revives(cast, clock):
    [first] = share(cast.ana, cast.placement, to(cast.emergency), expires_at=clock.now() + timedelta(hours=1))
    clock.move(hours=2)

    report = services.share_studies(
        placements=[cast.placement.uuid], targets=[to(cast.emergency)], by=acting(cast.ana)
    )

    first.refresh_from_db()
    assert first.end_reason == "expired"
    assert [row.outcome for row in report.rows] == ["shared"]
    assert Share.objects.filter(ended_at=None).count() == 1


# Approval


@pytest.fixture
def awaiting(cast):
    change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
    [made] = share(cast.ana, cast.placement, to(cast.chest))
    return made


def test_an_approved_share_becomes_visible(cast, awaiting, clock):
    services.decide_share(share=awaiting.uuid, by=acting(cast.adam), approve=True)

    awaiting.refresh_from_db()
    assert awaiting.approved_by == cast.adam
    assert placement_of(cast.study, cast.chest).visible_until > clock.now()


def test_a_declined_share_ends_and_its_placement_goes(cast, awaiting):
    services.decide_share(share=awaiting.uuid, by=acting(cast.adam), approve=False)

    awaiting.refresh_from_db()
    assert (awaiting.end_reason, awaiting.ended_by) == ("declined", cast.adam)
    assert cast.chest.pk not in places(cast.study)


def test_deciding_needs_the_right_there_and_a_share_that_waits(cast, awaiting):
    with pytest.raises(services.NothingThere):
        services.decide_share(share=awaiting.uuid, by=acting(cast.ana), approve=True)
    services.decide_share(share=awaiting.uuid, by=acting(cast.adam), approve=True)
    with pytest.raises(services.NothingThere):
        services.decide_share(share=awaiting.uuid, by=acting(cast.adam), approve=True)


# Promises


@pytest.fixture
def promise(cast):
    [made] = share(cast.ana, cast.placement, Target(Method.EMAIL, "dora@example.net"))
    return made


def test_whoever_proves_the_address_finds_what_was_promised(cast, promise):
    dora = make_user("Dora", email="dora@example.net")

    assert services.claim_promises(by=acting(dora)) == 1

    promise.refresh_from_db()
    assert (promise.to_worklist.owner, promise.invitation.accepted_by) == (dora, dora)
    assert [placement.study for placement in placements_visible_to(acting(dora))] == [cast.study]
    assert services.claim_promises(by=acting(dora)) == 0


def test_an_unproved_address_claims_nothing(cast, promise):
    dora = make_user("Dora", email="dora@example.net", verified=False)

    assert services.claim_promises(by=acting(dora)) == 0
    assert not placements_visible_to(acting(dora)).exists()


def test_an_expired_invitation_waits_until_it_is_renewed(cast, promise, clock):
    dora = make_user("Dora", email="dora@example.net")
    clock.move(days=31)
    assert services.claim_promises(by=acting(dora)) == 0

    services.resend_invitation(invitation=promise.invitation.uuid, by=acting(cast.ana))

    assert services.claim_promises(by=acting(dora)) == 1


def test_withdrawing_ends_the_promises_and_the_link(cast, promise):
    assert services.withdraw_invitation(invitation=promise.invitation.uuid, by=acting(cast.ana)) == 1

    promise.refresh_from_db()
    assert promise.end_reason == "withdrawn"
    assert Invitation.objects.get().withdrawn_by == cast.ana


def test_withdrawing_ends_ones_own_promises_and_leaves_a_colleagues(cast, promise):
    [other] = share(cast.erin, cast.placement, Target(Method.EMAIL, "dora@example.net"))
    assert other.invitation == promise.invitation

    services.withdraw_invitation(invitation=promise.invitation.uuid, by=acting(cast.ana))

    other.refresh_from_db()
    assert (other.ended_at, other.invitation.withdrawn_at) == (None, None)


def test_each_sender_sees_only_their_own_invitations(cast, promise):
    with pytest.raises(services.NothingThere):
        services.withdraw_invitation(invitation=promise.invitation.uuid, by=acting(cast.erin))


def test_a_promise_ends_with_the_share_before_it(cast):
    [first] = share(cast.ana, cast.placement, to(cast.emergency))
    [made] = share(
        cast.ben, placement_of(cast.study, cast.emergency), Target(Method.EMAIL, "dora@example.net")
    )

    services.end_shares(shares=[first.uuid], by=acting(cast.ana))

    made.refresh_from_db()
    assert made.end_reason == "unreachable"
    assert services.claim_promises(by=acting(make_user("Dora", email="dora@example.net"))) == 0


def test_of_two_promises_that_become_one_share_the_later_end_date_stays(cast, promise, clock):
    dora = make_user("Dora", email="dora@example.net")
    until = clock.now() + timedelta(days=2)
    [standing] = share(cast.ana, cast.placement, Target(Method.EMAIL, "dora@example.net"), expires_at=until)
    assert standing.to_worklist.owner == dora

    assert services.claim_promises(by=acting(dora)) == 0

    standing.refresh_from_db()
    promise.refresh_from_db()
    assert (standing.expires_at, standing.ended_at) == (None, None)
    assert promise.end_reason == "duplicate"
