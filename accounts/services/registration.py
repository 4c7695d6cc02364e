"""From an invitation to a registered person: a mailed code, typed back, proves the email."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import identify_hasher
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from accounts import mail, tokens
from accounts.events import on_invitation, on_user
from accounts.locks import lock_emails
from accounts.models import Invitation, User
from accounts.selectors import is_registered, mails_of_a_code
from accounts.services import invitations
from accounts.services.outbox import queue_written
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.person_names import checked_name

CODE_LIFE = timedelta(minutes=15)
CODE_TRIES = 5
# Between two codes, and the most codes in a day: with CODE_TRIES, the chance to guess a code is 1 in 20,000 a day.
CODE_PAUSE = timedelta(seconds=30)
CODES_A_DAY = 10

REPLACED = gettext_noop("This link has been replaced by a newer one.")
EXPIRED = gettext_noop("This invitation has expired.")
REGISTERED = gettext_noop("This address is already registered. Sign in with it.")
TOO_MANY_CODES = gettext_noop("You have asked for too many codes today. Try again tomorrow.")
NO_TRY_LEFT = gettext_noop("This code no longer works. Ask for a new one.")
WRONG_CODE = gettext_noop("This is not the code we sent.")


@transaction.atomic
def send_code(*, invitation: Invitation, by: Actor) -> bool:
    """Mail a six-digit code to the invited email; False where the last code was mailed a moment ago and can be used."""
    usable = _usable(invitation)
    now = clock.now()
    sent_at = usable.code_expires_at - CODE_LIFE if usable.code_expires_at is not None else None
    is_usable = usable.code_hash and usable.code_tries < CODE_TRIES
    if is_usable and sent_at is not None and now - sent_at < CODE_PAUSE:
        return False
    if mails_of_a_code(usable, since=now - timedelta(days=1)) >= CODES_A_DAY:
        raise ValidationError(_(TOO_MANY_CODES))
    code = tokens.new_code()
    usable.code_hash, usable.code_expires_at = tokens.hash_code(usable, code), now + CODE_LIFE
    usable.code_tries = 0
    usable.save(update_fields=["code_hash", "code_expires_at", "code_tries"])
    queue_written(
        kind="registration_code",
        recipient=usable.email,
        message=mail.render_mail("accounts/mail/registration_code", {"code": code, "minutes": 15}),
        data={"invitation": str(usable.uuid)},
        good_for=CODE_LIFE,
    )
    record(Action.INVITATION_CODE, by=by, on=on_invitation(usable))
    return True


def prove_code(*, invitation: Invitation, code: str, by: Actor) -> None:
    """Take one of the tries, then compare; raises ValidationError with the sentence.

    Not one transaction, and never inside one: the try is committed before the code is compared, and a
    wrong code is recorded even if the caller's change is undone.
    """
    _take_try(invitation=invitation)
    now_stored = Invitation.objects.get(pk=invitation.pk)
    if not tokens.code_matches(now_stored, code):
        # Registered a moment ago from the same link in another window: then the code was right, but too late.
        check_usable(now_stored)
        _note_wrong_code(invitation=invitation, by=by)
        raise ValidationError(_wrong_code(now_stored), code="wrong_code")


def _wrong_code(invitation: Invitation) -> str:
    """The sentence for a wrong code: how many tries are left or, after the last try, what to do instead."""
    left = CODE_TRIES - invitation.code_tries
    if left < 1:
        return f"{_(WRONG_CODE)} {_(NO_TRY_LEFT)}"
    tries = ngettext("You have %(number)s try left.", "You have %(number)s tries left.", left)
    return f"{_(WRONG_CODE)} {tries % {'number': left}}"


@transaction.atomic(durable=True)
def _take_try(*, invitation: Invitation) -> None:
    """One conditional update, so that requests at the same time share the tries."""
    open_code = Invitation.objects.filter(
        pk=invitation.pk, code_tries__lt=CODE_TRIES, code_expires_at__gt=Now()
    ).exclude(code_hash="")
    if not open_code.update(code_tries=F("code_tries") + 1):
        check_usable(Invitation.objects.get(pk=invitation.pk))
        raise ValidationError(_(NO_TRY_LEFT))


@transaction.atomic
def _note_wrong_code(*, invitation: Invitation, by: Actor) -> None:
    on = on_invitation(invitation, detail={"why": "a wrong registration code"})
    record(Action.DENIED, by=by, on=on, outcome="refused")


@transaction.atomic
def register(*, invitation: Invitation, name: str, password: str, code: str, by: Actor) -> User:
    """Make the person and accept the invitation; the second of two at once gets a sentence.

    `password` is hashed already (by `make_password`): the session between the two steps of the page never holds it as
    typed. The caller has counted the try with `prove_code`.
    """
    identify_hasher(password)
    lock_emails([invitation.email])
    usable = _usable(invitation)
    now = clock.now()
    if usable.code_expires_at is None or usable.code_expires_at <= now or usable.code_tries > CODE_TRIES:
        raise ValidationError(_(NO_TRY_LEFT))
    if not tokens.code_matches(usable, code):
        raise ValidationError(_(WRONG_CODE), code="wrong_code")
    user = User(email=usable.email, name=checked_name(name), password=password)
    if usable.account is not None:
        user.timezone = usable.account.timezone
    user.save()
    EmailAddress.objects.create(user=user, email=usable.email, verified=True, primary=True)
    by = Actor.of(user, by.ip_address)
    record(Action.USER_REGISTER, by=by, on=on_user(user))
    invitations.mark_accepted(invitation=usable, by=by, now=now)
    return user


def check_usable(invitation: Invitation) -> None:
    """Raises ValidationError where no one can register on the invitation now."""
    if invitation.accepted_at is not None:
        raise ValidationError(_(invitations.USED), code="used")
    if invitation.withdrawn_at is not None:
        raise ValidationError(_(invitations.WITHDRAWN), code="ended")
    if is_registered(invitation.email):
        raise ValidationError(_(REGISTERED), code="registered")
    if invitation.expires_at <= clock.now():
        raise ValidationError(_(EXPIRED), code="ended")


def _usable(invitation: Invitation) -> Invitation:
    locked = Invitation.objects.select_related("account").select_for_update(of=("self",), no_key=True)
    usable = locked.get(pk=invitation.pk)
    if usable.generation != invitation.generation:
        raise ValidationError(_(REPLACED), code="ended")
    check_usable(usable)
    return usable
