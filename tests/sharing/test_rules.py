"""The rules about who may share with whom at every door: a press, an approval, a promise, a guest link."""

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from audit.actions import Action
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method, Share
from sharing.selectors.rules import ruling_for
from sharing.targets import Target
from tests.cast import acting
from tests.factories import make_study, make_user, placement_of
from tests.fingerprint import fingerprint
from tests.sharing.ruled import EMAIL, RIVERSIDE, allow, forbid, location, press
from worklists.services import change_worklist


@pytest.mark.django_db
def test_a_press_refuses_what_a_rule_forbids_says_its_reason_and_shares_the_rest(cast):
    forbid(cast, method="email", to="outside", reason="Use the referral portal")

    rows = press(cast, EMAIL, location(cast), Target(Method.EMAIL, cast.ben.email))

    outcomes = {row.target.value: (str(row.outcome), row.sentence) for row in rows}
    assert outcomes[EMAIL.value] == (
        "refused",
        "Northgate Hospital does not allow this share: Use the referral portal",
    )
    assert outcomes[str(cast.emergency.uuid)] == ("shared", "")
    assert outcomes[cast.ben.email] == ("shared", "")
    refused = AuditEvent.objects.get(action=Action.REFUSED)
    assert refused.detail["why"] == outcomes[EMAIL.value][1]


@pytest.mark.django_db
def test_the_first_rule_that_fits_decides(cast):
    allow(cast, method="email", to="domain", to_domain="Example.NET")
    forbid(cast, method="email", to="outside")

    kept, refused = press(cast, EMAIL, Target(Method.EMAIL, "dora@elsewhere.net"))

    assert (str(kept.outcome), str(refused.outcome)) == ("invited", "refused")


@pytest.mark.django_db
def test_a_rule_names_another_account_by_a_code_and_is_about_all_its_codes(cast):
    change_worklist(worklist=cast.orthopaedics, share_code="RIVORTHO", by=acting(cast.rita))
    forbid(cast, to="account", share_code="riverside", reason="No contract")
    own = Target(Method.CODE, "NORTHGATE", is_read_back=True)

    front, other, ours = press(cast, RIVERSIDE, Target(Method.CODE, "RIVORTHO", is_read_back=True), own)

    assert [str(row.outcome) for row in (front, other, ours)] == ["refused", "refused", "shared"]


@pytest.mark.django_db
def test_one_worklist_may_be_forbidden_to_share_and_another_may(cast):
    forbid(cast, from_worklist=cast.ct)
    study = make_study(cast.emergency)

    [refused] = press(cast, RIVERSIDE)
    [shared] = press(cast, RIVERSIDE, by=cast.ben, placement=placement_of(study, cast.emergency))

    assert (str(refused.outcome), str(shared.outcome)) == ("refused", "shared")


@pytest.mark.django_db
def test_a_personal_worklist_hears_every_account_of_its_owner_and_no_other(cast):
    press(cast, Target(Method.PHYSICIAN, str(cast.ben.uuid)), Target(Method.EMAIL, cast.ed.email))
    forbid(cast, method="email", to="outside")
    at = [placement_of(cast.study, person.personal_worklist) for person in (cast.ben, cast.ed)]

    [of_ben] = press(cast, EMAIL, by=cast.ben, placement=at[0])
    [of_ed] = press(cast, EMAIL, by=cast.ed, placement=at[1])

    assert (str(of_ben.outcome), str(of_ed.outcome)) == ("refused", "invited")


@pytest.mark.django_db
def test_the_rules_of_one_account_are_nothing_to_another(cast):
    forbid(cast)
    with pytest.raises(PermissionDenied):
        services.add_share_rule(account=cast.northgate, allows=True, by=acting(cast.rita))

    [row] = press(cast, EMAIL, by=cast.caro, placement=cast.other_placement)

    assert str(row.outcome) == "invited"
    assert ruling_for(cast.imaging).rules == []


@pytest.mark.django_db
def test_a_refused_email_is_not_looked_up(cast):
    """Deactivated, registered or unknown: the same sentence."""
    forbid(cast, method="email", to="outside")
    cast.ed.is_active = False
    cast.ed.save()

    rows = press(cast, EMAIL, Target(Method.EMAIL, cast.ed.email), Target(Method.EMAIL, cast.caro.email))

    assert len({row.sentence for row in rows}) == 1
    assert {str(row.outcome) for row in rows} == {"refused"}
    assert not Share.objects.exists()


@pytest.mark.django_db
def test_an_unknown_code_is_refused_as_unknown_and_not_by_a_rule(cast):
    forbid(cast, method="code", to="outside")

    unknown, known = press(cast, Target(Method.CODE, "NOSUCHCODE", is_read_back=True), RIVERSIDE)

    assert "No worklist has this share code" in unknown.sentence
    assert "Northgate Hospital does not allow" in known.sentence


@pytest.mark.django_db
def test_what_is_shared_already_stays_and_cannot_be_extended(cast):
    [row] = press(cast, EMAIL)
    forbid(cast, method="email", to="outside", reason="Use the referral portal")

    with pytest.raises(PermissionDenied, match="Use the referral portal"):
        services.change_share(share=row.share.uuid, by=acting(cast.ana), expires_at=None, note="again")

    assert Share.objects.get(pk=row.share.pk).ended_at is None


@pytest.mark.django_db
def test_a_share_that_waits_is_not_approved_against_a_rule_and_can_be_declined(cast):
    change_worklist(worklist=cast.imaging, needs_approval=True, by=acting(cast.rita))
    [row] = press(cast, RIVERSIDE)
    forbid(cast, method="code", reason="Use the referral portal")

    with pytest.raises(ValidationError) as refused:
        services.decide_share(share=row.share.uuid, by=acting(cast.rita), approve=True)
    services.decide_share(share=row.share.uuid, by=acting(cast.rita), approve=False)

    # The reason is for Northgate's own members.
    assert "portal" not in str(refused.value)
    assert Share.objects.get(pk=row.share.pk).end_reason == Share.EndReason.DECLINED


@pytest.mark.django_db
def test_a_promise_is_claimed_only_as_far_as_the_rules_allow_then(cast):
    [row] = press(cast, EMAIL)
    forbid(cast, method="email", to="outside")
    dora = make_user("Dora", email=EMAIL.value)

    assert services.claim_promises(by=acting(dora)) == 0

    share = Share.objects.get(pk=row.share.pk)
    assert share.end_reason == Share.EndReason.REFUSED
    assert share.to_worklist is None


@pytest.mark.django_db
def test_a_guest_link_obeys_rules_when_made_and_when_extended(cast):
    link = services.make_guest_link(placements=[cast.placement.uuid], by=acting(cast.ana))
    allow(cast, method="guest_link", to="domain", to_domain="hospital.example")
    forbid(cast, method="guest_link", reason="Only to our hospital")

    def make(email: str) -> Any:
        return services.make_guest_link(
            placements=[cast.placement.uuid], by=acting(cast.ana), recipient_email=email
        )

    before = fingerprint()
    for refused in (
        lambda: make(""),
        lambda: make("dora@example.net"),
        lambda: services.extend_guest_link(link=link.uuid, expires_at=link.expires_at, by=acting(cast.ana)),
    ):
        with pytest.raises(ValidationError, match="Only to our hospital"):
            refused()
    assert fingerprint() == before
    assert make("dora@hospital.example").recipient_email == "dora@hospital.example"
