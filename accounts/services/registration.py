"""From an invitation to a person: a code by mail, and who types it back has the address."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import identify_hasher
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts import mail, tokens
from accounts.events import on_invitation, on_user
from accounts.locks import lock_addresses
from accounts.models import Invitation, User
from accounts.selectors import is_registered, mails_of_a_code
from accounts.services import invitations
from accounts.services.outbox import queue_written
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.text import checked_name

CODE_LIFE = timedelta(minutes=15)
CODE_TRIES = 5
# Between two codes, and how many in a day: with the tries they leave a guesser 1 chance in 20,000 a day.
CODE_PAUSE = timedelta(seconds=30)
CODES_A_DAY = 10

REPLACED = "This link has been replaced by a newer one."
EXPIRED = "This invitation has expired."
REGISTERED = "This address is already registered. Sign in with it."
TOO_MANY_CODES = "You have asked for too many codes today. Try again tomorrow."
NO_TRY_LEFT = "This code no longer works. Ask for a new one."
WRONG_CODE = "This is not the code we sent."


@transaction.atomic
def send_code(*, invitation: Invitation, by: Actor) -> bool:
    """Mail a six-digit code to the invited address; False when one is on its way since a moment ago."""
    found = _usable(invitation)
    now = clock.now()
    sent_at = found.code_expires_at - CODE_LIFE if found.code_expires_at is not None else None
    if found.code_hash and sent_at is not None and now - sent_at < CODE_PAUSE:
        return False
    if mails_of_a_code(found, since=now - timedelta(days=1)) >= CODES_A_DAY:
        raise ValidationError(TOO_MANY_CODES)
    code = tokens.new_code()
    found.code_hash, found.code_expires_at = tokens.hash_code(found, code), now + CODE_LIFE
    found.code_tries = 0
    found.save(update_fields=["code_hash", "code_expires_at", "code_tries"])
    queue_written(
        kind="registration_code",
        recipient=found.address,
        message=mail.render_mail("accounts/mail/registration_code", {"code": code, "minutes": 15}),
        data={"invitation": str(found.uuid)},
        good_for=CODE_LIFE,
    )
    record(Action.INVITATION_CODE, by=by, on=on_invitation(found))
    return True


def prove_code(*, invitation: Invitation, code: str, by: Actor) -> None:
    """Take one of the tries, then compare; raises ValidationError with the sentence.

    Not one transaction, and never inside one: the try is committed before anybody looks at the code, and a
    wrong code is recorded whatever is undone later.
    """
    _take_try(invitation=invitation)
    found = Invitation.objects.get(pk=invitation.pk)
    if not tokens.code_matches(found, code):
        # The same link in another window may have been quicker: then the code was right, and came too late.
        check_usable(found)
        _note_wrong_code(invitation=invitation, by=by)
        raise ValidationError(WRONG_CODE, code="wrong_code")


@transaction.atomic(durable=True)
def _take_try(*, invitation: Invitation) -> None:
    """One conditional update: no number of requests at once gets a sixth try."""
    open_code = Invitation.objects.filter(
        pk=invitation.pk, code_tries__lt=CODE_TRIES, code_expires_at__gt=Now()
    ).exclude(code_hash="")
    if not open_code.update(code_tries=F("code_tries") + 1):
        check_usable(Invitation.objects.get(pk=invitation.pk))
        raise ValidationError(NO_TRY_LEFT)


@transaction.atomic
def _note_wrong_code(*, invitation: Invitation, by: Actor) -> None:
    on = on_invitation(invitation, detail={"why": "a wrong registration code"})
    record(Action.DENIED, by=by, on=on, outcome="refused")


@transaction.atomic
def register(*, invitation: Invitation, name: str, password: str, code: str, by: Actor) -> User:
    """Make the person and accept the invitation; the second of two at once gets a sentence.

    `password` is hashed already (by `make_password`): between the two steps of the page nobody keeps it as
    typed. The caller has counted the try with `prove_code`.
    """
    identify_hasher(password)
    lock_addresses([invitation.address])
    found = _usable(invitation)
    now = clock.now()
    if found.code_expires_at is None or found.code_expires_at <= now or found.code_tries > CODE_TRIES:
        raise ValidationError(NO_TRY_LEFT)
    if not tokens.code_matches(found, code):
        raise ValidationError(WRONG_CODE, code="wrong_code")
    user = User(email=found.address, name=checked_name(name), password=password)
    if found.account is not None:
        user.timezone = found.account.timezone
    user.save()
    EmailAddress.objects.create(user=user, email=found.address, verified=True, primary=True)
    by = Actor.of(user, by.ip_address)
    record(Action.USER_REGISTER, by=by, on=on_user(user))
    invitations.mark_accepted(invitation=found, by=by, now=now)
    return user


def check_usable(invitation: Invitation) -> None:
    """Raises ValidationError with the sentence that says why nobody can register on an invitation now."""
    if invitation.accepted_at is not None:
        raise ValidationError(invitations.USED, code="used")
    if invitation.withdrawn_at is not None:
        raise ValidationError(invitations.WITHDRAWN, code="ended")
    if is_registered(invitation.address):
        raise ValidationError(REGISTERED, code="registered")
    if invitation.expires_at <= clock.now():
        raise ValidationError(EXPIRED, code="ended")


def _usable(invitation: Invitation) -> Invitation:
    locked = Invitation.objects.select_related("account").select_for_update(of=("self",), no_key=True)
    found = locked.get(pk=invitation.pk)
    if found.generation != invitation.generation:
        raise ValidationError(REPLACED, code="ended")
    check_usable(found)
    return found
