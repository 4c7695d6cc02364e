"""People who are invited to send studies to an upload address: they register or sign in, and are led to it."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Invitation, OutboxMail, User
from accounts.services import limits
from audit.actions import Action
from audit.models import AuditEvent
from sharing.selectors import invitations_of
from sharing.services import withdraw_staff_invitation, withdraw_upload_invitation
from studies.models import Placement
from tests.cast import Cast, acting
from tests.factories import membership_of
from tests.staff_invitations import ADDRESS, invite, offer, promise, register, waiting
from worklists import mail
from worklists.models import InvitedUpload, Worklist
from worklists.selectors.upload_invitations import invited_to_upload
from worklists.services import change_worklist, invite_to_upload, resend_upload_invitation, set_inbox

pytestmark = pytest.mark.django_db

THEIR_ADDRESS = reverse("studies:upload_address", args=["NORTHGATE"])


@pytest.fixture
def address(cast: Cast) -> Worklist:
    return set_inbox(worklist=cast.emergency, inbox=cast.chest, by=acting(cast.adam))


def invited(cast: Cast, email: str = ADDRESS, by: User | None = None) -> InvitedUpload:
    return invite_to_upload(worklist=cast.emergency, email=email, by=acting(by or cast.adam))


def mails() -> list[OutboxMail]:
    return list(OutboxMail.objects.filter(kind="upload_invitation").order_by("pk"))


def page(cast: Cast) -> str:
    return reverse("admin:worklists_worklist_address", args=[cast.emergency.pk])


def test_who_registers_by_it_is_led_to_the_upload_address_and_gets_no_right(
    cast: Cast, address: Worklist
) -> None:
    row = invited(cast)

    dora = register(row.invitation)

    row.refresh_from_db()
    row.invitation.refresh_from_db()
    assert (row.ended_at is not None, row.invitation.accepted_by) == (True, dora)
    assert not dora.account_memberships.exists()
    assert not Placement.objects.filter(worklist=cast.emergency, worklist__memberships__user=dora).exists()
    assert not dora.has_perm("worklists.list_studies", cast.emergency)
    client = Client()
    client.force_login(dora)
    assert client.post(THEIR_ADDRESS)["Location"] == reverse("studies:upload", args=[cast.emergency.uuid])


def test_the_pages_of_registration_say_what_for_and_end_at_the_address(
    cast: Cast, address: Worklist, mailoutbox: Any
) -> None:
    invited(cast)
    [waits] = mails()
    link = re.search(r"/invitations/\S+", mail.upload_invitation(waits).text)
    assert link is not None
    client = Client()
    client.get(link[0].removeprefix("http://localhost:8000"))

    shown = client.get(reverse("sharing:register")).content.decode()

    assert "to send imaging studies to <bdi>Emergency</bdi>" in " ".join(shown.split())


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_registered_person_is_led_there_by_signing_in(
    cast: Cast, address: Worklist, signed_in: bool
) -> None:
    row = invited(cast, cast.ed.email)
    client = Client()
    if signed_in:
        client.force_login(cast.ed)
    client.get(reverse("sharing:open_invitation", args=[mail.make_token(row.invitation)]))

    answer = client.get(reverse("sharing:register"))

    way = THEIR_ADDRESS if signed_in else f"{reverse('account_login')}?next={THEIR_ADDRESS}"
    assert answer["Location"] == way


@pytest.mark.parametrize("who", ["registered", "not registered"])
def test_the_answer_does_not_disclose_who_is_registered(cast: Cast, address: Worklist, who: str) -> None:
    email = cast.ed.email if who == "registered" else ADDRESS

    row = invited(cast, f" {email.upper()} ")

    assert [each.invitation.email for each in invited_to_upload(cast.emergency)] == [email]
    assert [each.recipient for each in mails()] == [email]
    event = AuditEvent.objects.get(action=Action.UPLOAD_INVITE)
    assert (event.worklist_id, event.by_id, event.detail["address"]) == (
        cast.emergency.pk,
        cast.adam.pk,
        email,
    )
    assert row.invitation.account == cast.northgate


def test_invited_again_says_so_and_sends_nothing(cast: Cast, address: Worklist) -> None:
    invited(cast)

    with pytest.raises(ValidationError, match="already invited"):
        invited(cast)

    assert len(mails()) == InvitedUpload.objects.count() == 1


def test_an_expired_invitation_is_renewed_by_inviting_again(cast: Cast, address: Worklist) -> None:
    row = invited(cast)
    Invitation.objects.update(expires_at=row.offered_at - timedelta(days=1))

    again = invited(cast)

    assert (again.pk, len(mails())) == (row.pk, 2)
    assert again.invitation.expires_at > row.offered_at


def test_sent_again_the_mail_has_the_same_link(cast: Cast, address: Worklist) -> None:
    row = invited(cast)

    resend_upload_invitation(invited=row.uuid, worklist=cast.emergency, by=acting(cast.adam))

    first, second = (mail.upload_invitation(each).text for each in mails())
    assert first == second


def test_withdrawn_its_link_stops_and_its_mail_is_not_sent(cast: Cast, address: Worklist) -> None:
    row = invited(cast)

    withdraw_upload_invitation(invited=row.uuid, worklist=cast.emergency, by=acting(cast.adam))

    row.invitation.refresh_from_db()
    assert row.invitation.withdrawn_at is not None
    assert not invited_to_upload(cast.emergency).exists()
    with pytest.raises(mail.NothingToSend):
        mail.upload_invitation(mails()[0])
    actions = AuditEvent.objects.filter(by_id=cast.adam.pk).values_list("action", flat=True)
    assert {Action.UPLOAD_INVITE_END, Action.INVITATION_WITHDRAW} <= set(actions)
    with pytest.raises(ValidationError, match="withdrawn"):
        resend_upload_invitation(invited=row.uuid, worklist=cast.emergency, by=acting(cast.adam))


def test_what_else_waits_on_the_invitation_keeps_it_open(cast: Cast, address: Worklist) -> None:
    row = invited(cast)
    invite(cast, offer(cast))
    shared = promise(cast)

    assert not withdraw_staff_invitation(membership=waiting(), by=acting(cast.adam))
    assert shared.invitation == row.invitation
    withdraw_upload_invitation(invited=row.uuid, worklist=cast.emergency, by=acting(cast.adam))

    row.invitation.refresh_from_db()
    assert row.invitation.withdrawn_at is None


def test_it_is_not_among_the_invitations_of_a_clinician(cast: Cast, address: Worklist) -> None:
    row = invited(cast)

    assert not invitations_of(acting(cast.adam)).filter(pk=row.invitation.pk).exists()


@pytest.mark.parametrize("who", ["ben", "rita", "ed"])
def test_only_the_accounts_administrators_invite_send_again_and_withdraw(
    cast: Cast, address: Worklist, who: str
) -> None:
    row, by = invited(cast), acting(getattr(cast, who))
    of = {"invited": row.uuid, "worklist": cast.emergency, "by": by}

    for change in (
        lambda: invite_to_upload(worklist=cast.emergency, email="new@example.net", by=by),
        lambda: resend_upload_invitation(**of),
        lambda: withdraw_upload_invitation(**of),
    ):
        with pytest.raises(PermissionDenied):
            change()

    assert len(mails()) == 1
    assert InvitedUpload.objects.waiting().get() == row


def test_of_another_worklist_it_is_not_reached(cast: Cast, address: Worklist) -> None:
    row = invited(cast)

    for uuid, worklist in ((row.uuid, cast.ct), (uuid4(), cast.emergency)):
        with pytest.raises(ValidationError, match="withdrawn"):
            withdraw_upload_invitation(invited=uuid, worklist=worklist, by=acting(cast.adam))

    assert InvitedUpload.objects.waiting().get() == row


@pytest.mark.parametrize(
    "email", ["", "nobody", "a@b", "two@example.net, three@example.net", "a@example.net\x00b"]
)
def test_what_is_no_email_is_refused(cast: Cast, address: Worklist, email: str) -> None:
    with pytest.raises(ValidationError):
        invited(cast, email)

    assert not InvitedUpload.objects.exists()


def test_without_an_upload_address_no_one_is_invited(cast: Cast) -> None:
    with pytest.raises(ValidationError, match="no upload address"):
        invited(cast)

    assert not Invitation.objects.filter(email=ADDRESS).exists()


def test_turned_off_meanwhile_the_mail_is_not_sent_and_registering_leads_to_the_studies(
    cast: Cast, address: Worklist
) -> None:
    row = invited(cast)
    set_inbox(worklist=cast.emergency, inbox=None, by=acting(cast.adam))

    with pytest.raises(mail.NothingToSend):
        mail.upload_invitation(mails()[0])
    client = Client()
    client.get(reverse("sharing:open_invitation", args=[mail.make_token(row.invitation)]))
    assert "imaging studies" in client.get(reverse("sharing:register")).content.decode()


def test_while_the_address_takes_no_studies_the_mail_is_not_sent(cast: Cast, address: Worklist) -> None:
    invited(cast)
    change_worklist(worklist=cast.emergency, takes_shares=False, by=acting(cast.adam))

    with pytest.raises(mail.NothingToSend):
        mail.upload_invitation(mails()[0])


def test_each_email_counts_against_the_limit(cast: Cast, address: Worklist, monkeypatch: Any) -> None:
    monkeypatch.setattr(limits, "MOST_INVITED", 1)
    invited(cast)

    with pytest.raises(ValidationError) as refusal:
        invited(cast, "second@example.net")

    assert refusal.value.code == "limited"


def test_the_database_keeps_it_to_one_account(cast: Cast, address: Worklist) -> None:
    row = invited(cast)

    with pytest.raises(IntegrityError), transaction.atomic():
        InvitedUpload.objects.filter(pk=row.pk).update(worklist=cast.imaging)
        connection.check_constraints()


def test_the_page_invites_sends_again_and_withdraws(cast: Cast, address: Worklist) -> None:
    client = Client()
    client.force_login(cast.adam)

    client.post(page(cast), {"step": "invite", "email": ADDRESS})
    [row] = invited_to_upload(cast.emergency)
    shown = client.get(page(cast)).content.decode()
    client.post(page(cast), {"step": "send_again", "invited": row.uuid})
    told = client.post(page(cast), {"step": "withdraw", "invited": row.uuid}, follow=True).content.decode()

    assert ADDRESS in shown
    assert len(mails()) == 2
    assert f"The invitation of {ADDRESS} to send studies was withdrawn." in told
    assert f"<bdi>{ADDRESS}</bdi>" not in told


@pytest.mark.parametrize("typed", ["", "nobody", "x" * 300 + "@example.net"])
def test_the_page_says_what_is_wrong_with_an_email_and_keeps_it(
    cast: Cast, address: Worklist, typed: str
) -> None:
    client = Client()
    client.force_login(cast.adam)

    answer = client.post(page(cast), {"step": "invite", "email": typed})

    assert answer.status_code == 422
    assert "There is a problem" in answer.content.decode()
    assert not InvitedUpload.objects.exists()


@pytest.mark.parametrize("typed", ["", "none", "\x00", "00000000-0000-4000-8000-000000000000"])
def test_an_invitation_that_is_not_there_is_said(cast: Cast, address: Worklist, typed: str) -> None:
    client = Client()
    client.force_login(cast.adam)

    answer = client.post(page(cast), {"step": "withdraw", "invited": typed}, follow=True)

    assert "This invitation has been withdrawn in the meantime." in answer.content.decode()


def test_who_is_a_member_and_may_upload_is_led_to_the_worklist(cast: Cast, address: Worklist) -> None:
    assert membership_of(cast.ben, cast.emergency).user == cast.ben
    row = invited(cast, cast.ben.email)
    client = Client()
    client.force_login(cast.ben)
    client.get(reverse("sharing:open_invitation", args=[mail.make_token(row.invitation)]))

    assert client.get(reverse("sharing:register"))["Location"] == THEIR_ADDRESS
