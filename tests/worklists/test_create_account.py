"""A real installation begins: one command, one mail, and the administrator sees the administration."""

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import Account, AccountMembership, Invitation, OutboxMail, User
from accounts.services import outbox
from audit.models import AuditEvent
from tests.cast import acting
from tests.factories import make_user
from tests.fingerprint import fingerprint
from worklists import access
from worklists.selectors.offers import offers_to
from worklists.services import accept_offer
from worklists.shipped_roles import SHIPPED_ROLES

pytestmark = pytest.mark.django_db

NAME, ADDRESS = "Northgate Hospital", "head@northgate.example"


def begin(name: str = NAME, address: str = ADDRESS, **more: Any) -> str:
    out = StringIO()
    call_command("create_account", name, admin_email=address, stdout=out, **more)
    return out.getvalue()


def test_it_makes_the_account_with_its_roles_and_says_what_it_did():
    output = begin(timezone="Europe/Paris")

    account = Account.objects.get()
    assert (account.name, account.timezone) == (NAME, "Europe/Paris")
    assert set(account.roles.values_list("name", flat=True)) == set(SHIPPED_ROLES)
    assert output == (
        "Northgate Hospital was created (Europe/Paris) with the roles "
        "Administrator, Radiologist, Referring clinician, Viewer, Auditor.\n"
        "head@northgate.example has been invited by email as administrator. The invitation works for 30 days.\n"
    )
    assert {event.by_label for event in AuditEvent.objects.all()} == {"CIMAR"}


def test_from_the_mail_to_the_administration(client: Client, mailoutbox: list[Any]):
    begin()
    outbox.deliver_waiting()
    mail = mailoutbox[0]
    assert mail.subject == "Northgate Hospital is ready for you on CIMAR"
    assert "has been set up on CIMAR, and you are its first administrator" in mail.body

    client.get(re.search(r"http://[^/]+(/invitations/\S+/)", mail.body)[1])
    page = client.get("/register/").content.decode()
    client.post("/register/", {"name": "Hilda Head", "password": "tall green hedges"})
    outbox.deliver_waiting()
    code = next(found[1] for mail in mailoutbox if (found := re.search(r"Your code is (\d{6})", mail.body)))
    client.post("/register/code/", {"code": code})

    hilda = User.objects.get(email=ADDRESS)
    assert "CIMAR" in page and NAME in page and "None" not in page
    assert access.administers(acting(hilda), Account.objects.get())
    assert AccountMembership.objects.get(user=hilda).every_worklist
    administration = client.get("/admin/", follow=True)
    assert administration.status_code == 200
    assert NAME in administration.content.decode()


def test_run_again_it_changes_nothing_and_says_so_calmly():
    begin()
    before = fingerprint()

    output = begin(name="northgate HOSPITAL")

    assert fingerprint() == before
    assert output == (
        "There is already an account named Northgate Hospital; it was not changed.\n"
        "head@northgate.example has already been invited as administrator and has not accepted yet. "
        "No second email was sent.\n"
    )


def test_run_again_when_the_invitation_has_expired_it_invites_anew(clock):
    begin()
    clock.move(days=31)

    output = begin()

    assert "has been invited by email" in output
    assert Invitation.objects.count() == 1
    assert OutboxMail.objects.count() == 2


def accept(person: User) -> None:
    offer = offers_to(person).select_related("invitation").get()
    accept_offer(invitation=offer.invitation.uuid, offered_at=offer.offered_at, by=acting(person))


def test_an_account_with_an_administrator_is_theirs_to_run():
    begin()
    hilda = make_user("Hilda", email="hilda@northgate.example")
    begin(address="hilda@northgate.example")
    accept(hilda)
    before = fingerprint()

    output = begin(address="somebody@else.example")

    assert "No one was invited." in output
    assert fingerprint() == before


def test_a_registered_person_administers_after_accepting(mailoutbox: list[Any]):
    hilda = make_user("Hilda", email=ADDRESS)

    output = begin()
    outbox.deliver_waiting()

    assert "head@northgate.example has been invited by email as administrator" in output
    assert "Hilda" not in output
    assert not access.administers(acting(hilda), Account.objects.get())
    accept(hilda)
    assert access.administers(acting(hilda), Account.objects.get())
    assert "Sign in with this email address to accept or decline." in mailoutbox[0].body


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ({"address": "nobody"}, "Enter an email address, such as name@example.org."),
        ({"timezone": "Europe/Atlantis"}, "There is no such time zone."),
        ({"name": " "}, "An account's name may not be empty."),
    ],
)
def test_what_cannot_be_is_said_and_leaves_nothing(wrong: dict[str, str], sentence: str):
    with pytest.raises(CommandError, match=sentence):
        begin(**wrong)

    assert not Account.objects.exists()
