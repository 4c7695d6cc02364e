"""An invitation: one for an address and an inviter, a link that carries proof, and what becomes of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.signing import Signer
from django.db import DatabaseError

from accounts import tokens
from accounts.models import Invitation
from accounts.selectors import is_registered, users_at
from accounts.services import invitations
from audit.actions import Action
from audit.clock import now
from audit.models import AuditEvent
from tests.cast import acting
from tests.factories import make_account, make_user

ADDRESS = "hazel@elsewhere.example"


@pytest.fixture
def ana(db):
    return make_user("Ana Reed")


@pytest.fixture
def northgate(db):
    return make_account("Northgate Hospital")


def invite(by, address=ADDRESS, **more):
    [invitation] = invitations.invite_all(emails=[address], by=acting(by), now=now(), **more).values()
    return invitation


def actions():
    events = AuditEvent.objects.filter(action__startswith="account:invitation").order_by("pk")
    return list(events.values_list("action", flat=True))


def test_an_invitation_lives_as_long_as_its_account_says(ana, northgate):
    northgate.invitation_days = 7
    invitation = invite(ana, account=northgate)
    assert invitation.expires_at - invitation.created_at == timedelta(days=7)
    assert actions() == [Action.INVITATION_ADD]


def test_inviting_again_at_once_writes_nothing(ana, northgate):
    first = invite(ana, account=northgate)
    again = invite(ana, "HAZEL@elsewhere.example ", account=northgate)
    assert again.pk == first.pk
    assert actions() == [Action.INVITATION_ADD]


def test_inviting_again_later_renews_the_same_row(ana, northgate, clock):
    first = invite(ana, account=northgate)
    clock.move(days=20)
    again = invite(ana, account=northgate)
    assert (again.pk, again.generation) == (first.pk, 1)
    assert again.expires_at - first.expires_at >= timedelta(days=20)
    assert actions() == [Action.INVITATION_ADD, Action.INVITATION_RENEW]


def test_an_expired_invitation_is_renewed_and_mailed_again(ana, northgate, clock):
    first = invite(ana, account=northgate)
    clock.move(days=31)
    again = invite(ana, account=northgate)
    assert again.pk == first.pk
    assert again.expires_at > now()
    assert tokens.make_token(again) == tokens.make_token(first)


def test_each_inviter_has_an_invitation_of_their_own(ana, northgate):
    ben = make_user("Ben")
    rows = [
        invite(ana, account=northgate),
        invite(ben, account=northgate),
        invite(ana, by_user=ana),
        invite(ben, by_user=ben),
        invite(ana, account=make_account("Riverside Clinic")),
    ]
    assert len({invitation.pk for invitation in rows}) == 4
    assert rows[0] == rows[1]


def test_a_withdrawn_invitation_is_not_renewed_but_made_anew(ana, northgate):
    first = invite(ana, account=northgate)
    invitations.withdraw(invitation=first, by=acting(ana))
    again = invite(ana, account=northgate)
    assert again.pk != first.pk
    assert actions() == [Action.INVITATION_ADD, Action.INVITATION_WITHDRAW, Action.INVITATION_ADD]


def test_resending_keeps_the_link_and_a_new_link_ends_the_old_one(ana, northgate):
    invitation = invite(ana, account=northgate)
    token = tokens.make_token(invitation)
    invitations.resend(invitation=invitation, by=acting(ana))
    assert tokens.read_signed(token) == (invitation, invitation.generation)
    renewed = invitations.relink(invitation=invitation, by=acting(ana))
    assert tokens.read_signed(token) == (invitation, renewed.generation - 1)
    assert tokens.read_signed(tokens.make_token(renewed)) == (invitation, renewed.generation)
    assert actions()[1:] == [Action.INVITATION_RESEND, Action.INVITATION_RELINK]


@pytest.mark.parametrize("deed", [invitations.resend, invitations.relink, invitations.withdraw])
def test_nothing_can_be_done_with_an_invitation_that_is_over(ana, northgate, deed):
    used = invite(ana, account=northgate)
    invitations.mark_accepted(invitation=used, by=acting(make_user("Hazel", email=ADDRESS)), now=now())
    with pytest.raises(ValidationError, match="has been used"):
        deed(invitation=used, by=acting(ana))
    withdrawn = invite(ana, by_user=ana)
    invitations.withdraw(invitation=withdrawn, by=acting(ana))
    with pytest.raises(ValidationError, match="has been withdrawn"):
        deed(invitation=withdrawn, by=acting(ana))


@pytest.mark.parametrize("deed", ["invite", "resend", "relink", "withdraw"])
def test_without_the_audit_nothing_becomes_of_an_invitation(transactional_db, as_owner, deed):
    ana, northgate = make_user("Ana Reed"), make_account("Northgate Hospital")
    invitation = invite(ana, account=northgate)
    before = Invitation.objects.values().get()
    as_owner("ALTER TABLE audit_auditevent ADD CONSTRAINT the_audit_is_full CHECK (false) NOT VALID")
    deeds = {
        "invite": lambda: invite(ana, by_user=ana),
        "resend": lambda: invitations.resend(invitation=invitation, by=acting(ana)),
        "relink": lambda: invitations.relink(invitation=invitation, by=acting(ana)),
        "withdraw": lambda: invitations.withdraw(invitation=invitation, by=acting(ana)),
    }
    with pytest.raises(DatabaseError):
        deeds[deed]()
    assert Invitation.objects.values().get() == before


def test_a_token_is_the_same_each_time_and_says_nothing_of_the_address(ana, northgate):
    invitation = invite(ana, account=northgate)
    assert tokens.make_token(invitation) == tokens.make_token(invitation)
    assert "hazel" not in tokens.make_token(invitation)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "x",
        "a.b",
        "a.b.c",
        "é.ü",
        "\x00",
        "-1.abc",
        "0" * 5000,
        "0" * 32 + "-1",
        "0" * 32 + "-1." + "A" * 43,
    ],
)
def test_a_malformed_token_is_nobodys(db, token):
    assert tokens.read_signed(token) == (None, 0)


def test_a_token_of_another_kind_or_key_is_nobodys(ana, northgate, settings):
    invitation = invite(ana, account=northgate)
    value = f"{invitation.uuid.hex}-1"
    forged = [
        Signer(key=settings.CIMAR_TOKEN_KEY, sep=".", salt="cimar.guest").sign(value),
        Signer(key="another", sep=".", salt="cimar.invitation").sign(value),
        tokens.sign(invitation.uuid, 1, salt="cimar.guest-link"),
        tokens._signer("cimar.invitation").sign(f"{uuid4().hex}-1"),
        tokens._signer("cimar.invitation").sign(f"{invitation.uuid.hex}-99999999999999999999"),
    ]
    assert [tokens.read_signed(token)[0] for token in forged] == [None] * 5


def test_a_link_made_under_the_key_before_still_works(ana, northgate, settings):
    invitation = invite(ana, account=northgate)
    token = tokens.make_token(invitation)
    settings.CIMAR_TOKEN_FALLBACK_KEYS = [settings.CIMAR_TOKEN_KEY]
    settings.CIMAR_TOKEN_KEY = "a new key"
    assert tokens.read_signed(token) == (invitation, invitation.generation)
    assert tokens.make_token(invitation) != token


def test_an_address_counts_as_registered_when_somebody_signs_in_with_it_or_proved_it(db):
    ana = make_user("Ana Reed", email="ana@example.org")
    make_user("Ben", email="ben@example.org", verified=False)
    assert (is_registered("ANA@example.org"), is_registered("ben@example.org"), is_registered(ADDRESS)) == (
        True,
        True,
        False,
    )
    assert users_at(["Ana@Example.org", "ben@example.org"]) == {"ana@example.org": ana}
