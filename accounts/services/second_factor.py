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
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

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
from common.person_names import checked_label

NEWS_LIFE = timedelta(days=1)
MOST_KEYS = 20

HAS_APP = gettext_noop("You already have an authenticator app. Remove it before you set up another.")
NO_FACTOR = gettext_noop("Set up a second factor first. Recovery codes come with it.")
ONLY_OPERATORS = gettext_noop("Only the people who run the platform can remove a lost second factor.")


class TooManyTries(Exception):
    """Too many tries before: the code or answer was not compared."""


@transaction.atomic
def add_app(*, by: Actor, secret: str, code: str = "") -> list[str]:
    """An authenticator app that holds `secret`; returns the recovery codes with the first factor.

    `code` is the app's code that proved it: it cannot be used for a sign-in any more.
    """
    user = by.person
    _locked(user)
    if Authenticator.objects.filter(user=user, type=Kind.TOTP).exists():
        raise ValidationError(_(HAS_APP))
    _use_up(user, code)
    return _added(user, TOTP.activate(user, secret).instance, by)


@transaction.atomic
def add_key(*, by: Actor, name: str, credential: dict[str, Any]) -> list[str]:
    """A passkey or a security key whose `credential` has been checked; recovery codes as for an app."""
    user = by.person
    _locked(user)
    if Authenticator.objects.filter(user=user, type=Kind.WEBAUTHN).count() >= MOST_KEYS:
        sentence = _("You already have %(most)s keys. Remove a key you no longer use first.")
        raise ValidationError(sentence % {"most": MOST_KEYS})
    return _added(user, WebAuthn.add(user, checked_label(name)[:100], credential).instance, by)


@transaction.atomic
def remove_factor(*, by: Actor, factor: Authenticator) -> None:
    """Remove a factor of the person's own; with the last factor the recovery codes are removed too."""
    user = by.person
    _locked(user)
    left = _real(user).exclude(pk=factor.pk)
    demands = demands_on(User.objects.get(pk=user.pk))
    if demands.factor_is_required and not left.exists():
        sentence = _("%(account)s requires a second factor. Set up another before you remove this one.")
        raise ValidationError(sentence % {"account": demands.factor_account})
    _real(user).filter(pk=factor.pk).delete()
    if not left.exists():
        Authenticator.objects.filter(user=user).delete()
    record(Action.FACTOR_REMOVE, by=by, on=on_user(user, factor=kind_of(factor)))
    _tell(user, "second_factor_removed", factor=_(kind_of(factor)))


@transaction.atomic
def renew_codes(*, by: Actor) -> list[str]:
    """New recovery codes, which are shown only once; the previous codes no longer work."""
    user = by.person
    _locked(user)
    if not _real(user).exists():
        raise ValidationError(_(NO_FACTOR))
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
    """`attempt` compares the code or answer, `mark` marks it as used; both with the audit event or neither.

    `by` is the user where a signed-in person confirms, else a stranger: who enters a wrong code before signing in is
    not known. A wrong code has its event too.
    """
    try:
        factor = attempt()
    except TooManyTries:
        sessions.note_limited(email=user.email, by=by)
        return False
    if factor is None or not _is_fresh(user, factor, code):
        record(Action.FACTOR_FAILED, by=by, on=on_user(user), outcome="failed")
        return False
    mark()
    record(Action.FACTOR_USE, by=Actor.of(user, by.ip_address), on=on_user(user, factor=kind_of(factor)))
    return True


@transaction.atomic
def remove_second_factor_without_tokens(*, user: User, by: Actor, why: str) -> None:
    """A part of `worklists.services.remove_second_factor`, which also ends what the person's programs sign in with."""
    if not by.person.is_superuser:
        raise PermissionDenied(_(ONLY_OPERATORS))
    why = " ".join(why.split())[:300]
    if not why:
        raise ValidationError({"why": _("Say how you checked the person’s identity.")})
    _locked(user)
    lost = sorted({kind_of(row) for row in _real(user)})
    if not lost:
        raise ValidationError(_("This person has no second factor."))
    Authenticator.objects.filter(user=user).delete()
    record(Action.FACTOR_TAKE, by=by, on=on_user(user, factor=" and ".join(lost), why=why))
    # A finder or a thief may be signed in with the lost factor.
    keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    sessions.end_sessions(user=user, sessions=keys, why="factor_taken", by=by)
    _tell(user, "second_factor_taken", by=by.person.name)


@transaction.atomic
def reseal_all() -> tuple[int, int]:
    """Encrypt every secret with the current SECRET_KEY; returns how many, and how many no key can read.

    Called after a change of the key, so that the previous key can be removed.
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
    _tell(user, "second_factor_added", factor=_(kind_of(factor)))
    return codes


def _real(user: User) -> Any:
    return Authenticator.objects.filter(user=user).exclude(type=Kind.RECOVERY_CODES)


def _locked(user: User) -> None:
    """Changes in two windows at once are made one after the other."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def _is_fresh(user: User, factor: Authenticator, code: str) -> bool:
    """An app's code is valid for several periods, but is accepted once, however it is typed."""
    return factor.type != Kind.TOTP or _use_up(user, code)


def _use_up(user: User, code: str) -> bool:
    """False where it was used before."""
    life = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    unused: bool = cache.add(f"totp-used:{user.pk}:{normalize_user_code(code)}", 1, timeout=life)
    return unused


def _tell(user: User, kind: str, **words: str) -> None:
    message = mail.render_mail(f"accounts/mail/{kind}", {"email": user.email, **words})
    queue_written(kind=kind, recipient=user.email, message=message, good_for=NEWS_LIFE)
