"""A call of every service of people and accounts, for `service_calls`."""

from collections.abc import Callable
from datetime import timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.db.models.functions import Now

from accounts.models import User
from accounts.services import invitations, people, registration, second_factor, sessions
from audit import clock
from audit.actor import OPERATOR
from tests.cast import acting
from tests.everything import CODE
from tests.passkeys import registered
from tests.product.call_parts import PASSWORD, STRANGER, Call


def _stamp(user: User) -> Callable[[], bool]:
    """In place of opening or closing a session, which no fingerprint sees: something that one does."""
    return lambda: bool(User.objects.filter(pk=user.pk).update(last_login=Now()))


def _app(user: User) -> Authenticator:
    return Authenticator.objects.get(user=user, type="totp")


def _prove(user: User) -> Callable[[], bool]:
    return lambda: bool(EmailAddress.objects.filter(user=user, verified=False).update(verified=True))


ACCOUNTS: dict[str, Call] = {
    "invitations.invite_all": lambda w: invitations.invite_all(
        emails=["new@example.net", "newer@example.net", "dora@example.net"],
        account=w.cast.northgate,
        by=acting(w.cast.ana),
        now=clock.now() + timedelta(days=10),
    ),
    "invitations.mark_accepted": lambda w: invitations.mark_accepted(
        invitation=w.invited, by=acting(w.cast.ed), now=clock.now()
    ),
    "invitations.note_opening": lambda w: invitations.note_opening(invitation=w.invited, by=acting(STRANGER)),
    "invitations.relink": lambda w: invitations.relink(invitation=w.invited, by=acting(w.cast.ana)),
    "invitations.resend": lambda w: invitations.resend(invitation=w.invited, by=acting(w.cast.ana)),
    "invitations.withdraw": lambda w: invitations.withdraw(invitation=w.invited, by=acting(w.cast.ana)),
    "people.add_user": lambda w: people.add_user(
        email="root@example.org",
        name="Root",
        password=PASSWORD,
        by=OPERATOR,
        is_superuser=True,
        is_staff=True,
    ),
    "people.change_details": lambda w: people.change_details(
        user=w.cast.ana, name="Ana Maria", timezone="Europe/Paris", by=acting(w.cast.ana)
    ),
    "people.set_password": lambda w: people.set_password(
        user=User.objects.get(pk=w.cast.ana.pk),
        password="another long one",
        reset=False,
        by=acting(w.cast.ana),
    ),
    "registration.prove_code": lambda w: registration.prove_code(
        invitation=w.invited, code="000000", by=acting(STRANGER)
    ),
    "registration.register": lambda w: registration.register(
        invitation=w.invited, name="Dora", password=make_password(PASSWORD), code=CODE, by=acting(STRANGER)
    ),
    "registration.send_code": lambda w: registration.send_code(invitation=w.invited, by=acting(STRANGER)),
    "second_factor.add_app": lambda w: second_factor.add_app(
        by=acting(w.cast.vera), secret="JBSWY3DPEHPK3PXP"
    ),
    "second_factor.add_key": lambda w: second_factor.add_key(
        by=acting(w.cast.vera), name="Key", credential=registered()
    ),
    "second_factor.remove_factor": lambda w: second_factor.remove_factor(
        by=acting(w.cast.ana), factor=_app(w.cast.ana)
    ),
    "second_factor.renew_codes": lambda w: second_factor.renew_codes(by=acting(w.cast.ana)),
    "second_factor.use": lambda w: second_factor.use(
        user=w.cast.ana, attempt=lambda: _app(w.cast.ana), mark=_stamp(w.cast.ana), by=acting(STRANGER)
    ),
    "second_factor.use of a wrong one": lambda w: second_factor.use(
        user=w.cast.ana, attempt=lambda: None, mark=_stamp(w.cast.ana), by=acting(STRANGER)
    ),
    "sessions.end_idle": lambda w: sessions.end_idle(
        by=acting(w.cast.ana), session="a-session", end=_stamp(w.cast.ana)
    ),
    "sessions.end_sessions": lambda w: sessions.end_sessions(
        user=w.cast.ana, sessions=["a-session"], why="signed_out_elsewhere", by=acting(w.cast.ana)
    ),
    "sessions.note_limited": lambda w: sessions.note_limited(email="ana@example.org", by=acting(STRANGER)),
    "sessions.note_wrong_password": lambda w: sessions.note_wrong_password(by=acting(w.cast.ana)),
    "sessions.confirm_email": lambda w: sessions.confirm_email(
        by=acting(w.claimer), email="nell@example.com", confirm=_prove(w.claimer)
    ),
    "sessions.note_failed_sign_in": lambda w: sessions.note_failed_sign_in(
        email="x@example.net", by=acting(STRANGER)
    ),
    "sessions.refuse_inactive": lambda w: sessions.refuse_inactive(user=w.cast.ina, by=acting(STRANGER)),
    "sessions.sign_in": lambda w: sessions.sign_in(by=acting(w.cast.ana), begin=_stamp(w.cast.ana)),
    "sessions.sign_out": lambda w: sessions.sign_out(by=acting(w.cast.ana), end=_stamp(w.cast.ana)),
}
