"""An offered membership is claimed: what was offered and may still be given, once, and never more."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import AccountMembership, User
from audit.actions import Action
from audit.actor import OPERATOR
from audit.history import sentence
from audit.models import AuditEvent
from sharing.services import leave_account, withdraw_staff_invitation
from tests.cast import acting
from tests.factories import join, make_role, make_user, role_of
from tests.staff_invitations import ADDRESS, invite, offer, promise, register, waiting
from worklists import access, services
from worklists.models import WorklistMembership


def test_a_role_that_waits_on_an_invitation_is_in_use(cast):
    night, day = make_role(cast.northgate, "Night"), make_role(cast.northgate, "Day")
    invite(cast, offer(cast, ADDRESS, "Night", (cast.ct, day)))

    for role in (night, day):
        with pytest.raises(ValidationError, match="in use"):
            services.remove_role(role=role, by=acting(cast.adam))

    withdraw_staff_invitation(membership=waiting(), by=acting(cast.adam))
    services.remove_role(role=night, by=acting(cast.adam))
    services.remove_role(role=day, by=acting(cast.adam))
    assert waiting().role_name == "Night"


def test_a_role_changed_meanwhile_gives_what_it_has_now(cast):
    night = make_role(cast.northgate, "Night", ["list_studies", "open_study", "share_study"])
    invite(cast, offer(cast, ADDRESS, "Night", (cast.ct, None)))
    services.change_role(role=night, permissions=["list_studies"], by=acting(cast.adam))

    dora = register(waiting().invitation)

    assert access.rights(acting(dora), cast.ct) == {"list_studies"}


def test_a_worklist_deleted_meanwhile_is_left_out(cast):
    from sharing.services import delete_worklist

    invite(cast, offer(cast, ADDRESS, "Viewer", (cast.ct, None), (cast.chest, None)))
    delete_worklist(worklist=cast.chest, by=acting(cast.adam))

    dora = register(waiting().invitation)

    assert list(WorklistMembership.objects.filter(user=dora).values_list("worklist", flat=True)) == [
        cast.ct.pk
    ]


def test_joining_is_told_as_the_persons_own_deed(cast):
    invite(cast, offer(cast))
    register(waiting().invitation)

    joined = AuditEvent.objects.get(action=Action.MEMBER_ADD)
    assert sentence(joined) == "Dora joined Northgate Hospital with the role “Viewer”"
    assert joined.detail["invited_by"] == "Adam"
    offered = AuditEvent.objects.get(action=Action.MEMBER_OFFER)
    assert (
        sentence(offered)
        == "Adam offered dora@example.net membership of Northgate Hospital with the role “Viewer”"
    )


# --- Whoever invited may no longer give it


def _leaves(cast):
    leave_account(membership=AccountMembership.objects.get(user=cast.adam).pk, by=OPERATOR)


def _is_deactivated(cast):
    User.objects.filter(pk=cast.adam.pk).update(is_active=False)


def _gives_less(cast):
    clerk = make_role(cast.northgate, "Clerk", ["administer_account", "list_studies"])
    membership = AccountMembership.objects.get(user=cast.adam)
    services.change_account_member(membership=membership, role=clerk, by=OPERATOR)


@pytest.mark.parametrize("lose", [_leaves, _is_deactivated, _gives_less])
def test_an_offer_does_not_outlive_the_right_to_make_it(cast, lose):
    join(make_user("Carl"), cast.northgate, "Administrator")
    invite(cast, offer(cast, ADDRESS, "Radiologist", (cast.ct, None)))
    lose(cast)

    dora = register(waiting().invitation)

    assert not AccountMembership.objects.filter(user=dora).exists()
    assert not access.rights(acting(dora), cast.ct)
    assert (waiting().outcome, waiting().role_name) == ("lapsed", "Radiologist")
    [lapsed] = AuditEvent.objects.filter(action="account:member:lapse", account_id=cast.northgate.pk)
    assert sentence(lapsed) == (
        "The membership of Northgate Hospital offered to dora@example.net lapsed: "
        "the person who offered it may no longer do so"
    )


def test_an_offer_lapses_for_the_role_it_gives_on_one_worklist_too(cast):
    join(make_user("Carl"), cast.northgate, "Administrator")
    make_role(cast.northgate, "Small", ["list_studies"])
    invite(cast, offer(cast, ADDRESS, "Small", (cast.ct, role_of(cast.northgate, "Radiologist"))))
    _gives_less(cast)

    dora = register(waiting().invitation)

    assert not access.rights(acting(dora), cast.ct)
    assert waiting().outcome == "lapsed"


def test_what_a_clinician_promised_comes_though_the_membership_lapsed(cast):
    join(make_user("Carl"), cast.northgate, "Administrator")
    share = promise(cast)
    invite(cast, offer(cast))
    _is_deactivated(cast)

    dora = register(waiting().invitation)

    share.refresh_from_db()
    assert share.to_worklist == dora.personal_worklist
    assert waiting().outcome == "lapsed"


def test_what_the_platform_itself_offers_does_not_lapse(cast):
    services.invite_members(account=cast.northgate, offers=[offer(cast)], by=OPERATOR)
    _is_deactivated(cast)

    dora = register(waiting().invitation)

    assert AccountMembership.objects.get(user=dora).account == cast.northgate


def test_a_lapsed_offer_is_told_by_its_word_in_the_administration(cast):
    carl = make_user("Carl")
    join(carl, cast.northgate, "Administrator")
    invite(cast, offer(cast), offer(cast, "erika@example.net"))
    _is_deactivated(cast)
    register(waiting().invitation)
    client = Client()
    client.force_login(carl)

    listed = client.get("/admin/accounts/invitation/", {"state": "lapsed"}).content.decode()

    assert ADDRESS in listed and "Lapsed" in listed
    assert "erika@example.net" not in listed
