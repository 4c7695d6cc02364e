"""A person's second factor: set up, used, and taken away."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.webauthn.internal.auth import WebAuthn
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts import mail
from accounts.events import on_user
from accounts.models import User
from accounts.sealing import Unreadable, reseal
from accounts.selectors import demands_on
from accounts.selectors.security import Kind, kind_of
from accounts.services import sessions
from accounts.services.outbox import queue_written
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.text import checked_name

NEWS_LIFE = timedelta(days=1)
MOST_KEYS = 20

HAS_APP = "You already have an authenticator app. Remove it before you set up another."
ENOUGH_KEYS = f"You already have {MOST_KEYS} keys. Remove a key you no longer use first."
NO_FACTOR = "Set up a second factor first. Recovery codes come with it."
ONLY_OPERATORS = "Only the people who run the platform can remove a lost second factor."


class TooManyTries(Exception):
    """Nothing was compared: there were too many tries before."""


@transaction.atomic
def add_app(*, by: Actor, secret: str, code: str = "") -> list[str]:
    """An authenticator app that holds `secret`; gives the recovery codes where these are the first.

    `code` is what showed that it does: with that one nobody signs in any more.
    """
    user = by.person
    _locked(user)
    if Authenticator.objects.filter(user=user, type=Kind.TOTP).exists():
        raise ValidationError(HAS_APP)
    _use_up(user, code)
    return _added(user, TOTP.activate(user, secret).instance, by)


@transaction.atomic
def add_key(*, by: Actor, name: str, credential: dict[str, Any]) -> list[str]:
    """A passkey or a security key whose `credential` has been checked; recovery codes as for an app."""
    user = by.person
    _locked(user)
    if Authenticator.objects.filter(user=user, type=Kind.WEBAUTHN).count() >= MOST_KEYS:
        raise ValidationError(ENOUGH_KEYS)
    return _added(user, WebAuthn.add(user, checked_name(name)[:100], credential).instance, by)


@transaction.atomic
def remove_factor(*, by: Actor, factor: Authenticator) -> None:
    """One of a person's own; with the last of them the recovery codes go too."""
    user = by.person
    _locked(user)
    left = _real(user).exclude(pk=factor.pk)
    demands = demands_on(User.objects.get(pk=user.pk))
    if demands.factor_is_required and not left.exists():
        raise ValidationError(
            f"{demands.factor_account} requires a second factor. Set up another before you remove this one."
        )
    _real(user).filter(pk=factor.pk).delete()
    if not left.exists():
        Authenticator.objects.filter(user=user).delete()
    record(Action.FACTOR_REMOVE, by=by, on=on_user(user, factor=kind_of(factor)))
    _tell(user, "second_factor_removed", factor=kind_of(factor))


@transaction.atomic
def renew_codes(*, by: Actor) -> list[str]:
    """New recovery codes; those before no longer work. Nobody can show these again."""
    user = by.person
    _locked(user)
    if not _real(user).exists():
        raise ValidationError(NO_FACTOR)
    Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).delete()
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    record(Action.FACTOR_CODES, by=by, on=on_user(user))
    _tell(user, "recovery_codes_renewed")
    return codes


@transaction.atomic
def use(
    *,
    user: User,
    attempt: Callable[[], Authenticator | None],
    mark: Callable[[], None],
    by: Actor,
    code: str = "",
) -> bool:
    """`attempt` compares what was given, `mark` lets it count; both with the audit event or neither.

    `by` is the user where a signed-in person is asked once more, else a stranger: who gives a wrong code before signing
    in is not known. A wrong code has its event too.
    """
    try:
        found = attempt()
    except TooManyTries:
        sessions.note_limited(email=user.email, by=by)
        return False
    if found is None or not _is_fresh(user, found, code):
        record(Action.FACTOR_FAILED, by=by, on=on_user(user), outcome="failed")
        return False
    mark()
    record(Action.FACTOR_USE, by=Actor.of(user, by.ip_address), on=on_user(user, factor=kind_of(found)))
    return True


@transaction.atomic
def remove_second_factor(*, user: User, by: Actor, why: str) -> None:
    """All of a person's, who has lost it: they sign in with the password alone until they set one up again.

    Wherever they are signed in, they are signed out.
    """
    if not by.person.is_superuser:
        raise PermissionDenied(ONLY_OPERATORS)
    why = " ".join(why.split())[:300]
    if not why:
        raise ValidationError({"why": "Say how you checked the person’s identity."})
    _locked(user)
    lost = sorted({kind_of(row) for row in _real(user)})
    if not lost:
        raise ValidationError("This person has no second factor.")
    Authenticator.objects.filter(user=user).delete()
    record(Action.FACTOR_TAKE, by=by, on=on_user(user, factor=" and ".join(lost), why=why))
    # Whoever holds what was lost may be signed in with it.
    keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    sessions.end_sessions(user=user, sessions=keys, why="factor_taken", by=by)
    _tell(user, "second_factor_taken", by=by.person.name)


@transaction.atomic
def reseal_all() -> tuple[int, int]:
    """Put every secret under today's SECRET_KEY; how many, and how many no key reads any more.

    For whoever changes the key: afterwards the one before can go.
    """
    done = lost = 0
    for row in Authenticator.objects.exclude(type=Kind.WEBAUTHN).select_for_update().order_by("pk"):
        name = "secret" if row.type == Kind.TOTP else "seed"
        try:
            row.data[name] = reseal(row.data[name])
        except Unreadable:
            lost += 1
            continue
        row.save(update_fields=["data"])
        done += 1
    return done, lost


def _added(user: User, factor: Authenticator, by: Actor) -> list[str]:
    has_codes = Authenticator.objects.filter(user=user, type=Kind.RECOVERY_CODES).exists()
    codes: list[str] = [] if has_codes else RecoveryCodes.activate(user).get_unused_codes()
    record(Action.FACTOR_ADD, by=by, on=on_user(user, factor=kind_of(factor)))
    _tell(user, "second_factor_added", factor=kind_of(factor))
    return codes


def _real(user: User) -> Any:
    return Authenticator.objects.filter(user=user).exclude(type=Kind.RECOVERY_CODES)


def _locked(user: User) -> None:
    """Two windows at once do their changes one after the other."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _is_fresh(user: User, found: Authenticator, code: str) -> bool:
    """An app's code stays right for as long as its neighbours are taken; it is taken once, however it is typed."""
    return found.type != Kind.TOTP or _use_up(user, code)


def _use_up(user: User, code: str) -> bool:
    """False where it was used before."""
    life = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    unused: bool = cache.add(f"totp-used:{user.pk}:{normalize_user_code(code)}", 1, timeout=life)
    return unused


def _tell(user: User, kind: str, **words: str) -> None:
    message = mail.render_mail(f"accounts/mail/{kind}", {"email": user.email, **words})
    queue_written(kind=kind, recipient=user.email, message=message, good_for=NEWS_LIFE)
