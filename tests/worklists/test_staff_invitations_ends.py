"""An offered membership is taken back or mailed again; what a clinician promised the same person stays."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AccountMembership, Invitation, OutboxMail
from accounts.services import outbox
from sharing.services import withdraw_invitation, withdraw_staff_invitation
from tests.cast import acting
from tests.staff_invitations import ADDRESS, invite, offer, promise, register, waiting
from worklists import services
from worklists.services import OfferOutcome


def test_taking_back_the_membership_ends_the_link_where_nothing_else_waits(cast):
    invite(cast, offer(cast))

    assert withdraw_staff_invitation(membership=waiting(), by=acting(cast.adam))

    assert Invitation.objects.get().withdrawn_at is not None
    assert (waiting().outcome, waiting().role_name) == ("withdrawn", "Viewer")


def test_taking_back_the_membership_leaves_what_a_clinician_promised(cast):
    share = promise(cast)
    invite(cast, offer(cast))

    assert not withdraw_staff_invitation(membership=waiting(), by=acting(cast.adam))
    dora = register(waiting().invitation)

    share.refresh_from_db()
    assert share.to_worklist == dora.personal_worklist
    assert not AccountMembership.objects.filter(user=dora).exists()


def test_a_clinician_who_withdraws_a_promise_leaves_the_membership(cast):
    promise(cast)
    invite(cast, offer(cast))

    ended = withdraw_invitation(invitation=waiting().invitation.uuid, by=acting(cast.ana))
    dora = register(waiting().invitation)

    assert ended == 1
    assert AccountMembership.objects.get(user=dora).account == cast.northgate


def test_what_was_taken_back_can_be_offered_again_on_the_same_invitation(cast):
    promise(cast)
    invite(cast, offer(cast))
    withdraw_staff_invitation(membership=waiting(), by=acting(cast.adam))

    [answer] = invite(cast, offer(cast, ADDRESS, "Radiologist"))

    assert answer.outcome == OfferOutcome.INVITED
    assert (waiting().role.name, waiting().ended_at, waiting().role_name) == ("Radiologist", None, "")
    assert Invitation.objects.count() == 1


def test_a_staff_invitation_is_not_among_a_clinicians_own(cast):
    from sharing.selectors import invitations_of

    invite(cast, offer(cast))
    assert not invitations_of(acting(cast.adam)).exists()

    promise(cast, by=acting(cast.adam))
    assert invitations_of(acting(cast.adam)).exists()


@pytest.mark.parametrize("again", [services.resend_staff_invitation, services.relink_staff_invitation])
def test_it_is_mailed_again_with_the_same_or_a_new_link(cast, again):
    invite(cast, offer(cast))

    again(membership=waiting(), by=acting(cast.adam))

    assert OutboxMail.objects.filter(kind="staff_invitation", recipient=ADDRESS).count() == 2
    with pytest.raises(PermissionDenied):
        again(membership=waiting(), by=acting(cast.rita))


def test_what_was_withdrawn_or_used_is_neither_sent_nor_withdrawn(cast):
    invite(cast, offer(cast), offer(cast, "erika@example.net"))
    withdraw_staff_invitation(membership=waiting(), by=acting(cast.adam))
    register(waiting("erika@example.net").invitation, "Erika")

    for typed, why in (
        (ADDRESS, "withdrawn in the meantime"),
        ("erika@example.net", "registered in the meantime"),
    ):
        for deed in (services.resend_staff_invitation, withdraw_staff_invitation):
            with pytest.raises(ValidationError, match=why):
                deed(membership=waiting(typed), by=acting(cast.adam))


def test_a_mail_whose_invitation_was_withdrawn_is_not_sent(cast, mailoutbox):
    invite(cast, offer(cast))
    withdraw_staff_invitation(membership=waiting(), by=acting(cast.adam))

    outbox.deliver_waiting()

    assert not mailoutbox
