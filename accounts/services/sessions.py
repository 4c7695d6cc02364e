"""Sign-in and sign-out with their audit events, and the sessions of a person."""

from collections.abc import Callable, Iterable

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.functions import Now

from accounts.events import on_user
from accounts.locks import lock_emails
from accounts.models import User
from audit.actions import Action
from audit.actor import Actor
from audit.services import On, record, record_failed_sign_in
from common.text import same_email


@transaction.atomic
def sign_in(*, by: Actor, begin: Callable[[], None], how: str = "") -> None:
    """`begin` opens the session; both or neither. `how` is in words: "a password and a passkey"."""
    begin()
    record(Action.SIGN_IN, by=by, on=On(detail={"how": how} if how else {}))


@transaction.atomic
def sign_out(*, by: Actor, end: Callable[[], None]) -> None:
    """`end` closes the session; both or neither."""
    record(Action.SIGN_OUT, by=by, on=On())
    end()


@transaction.atomic
def end_idle(*, by: Actor, session: str | None, end: Callable[[], None]) -> None:
    """End the session without a request for longer than the person's accounts allow.

    A page and its images are requested at once: the first request finds the session and records the event.
    """
    deleted, _by_model = Session.objects.filter(session_key=session).delete()
    if deleted:
        UserSession.objects.filter(session_key=session).delete()
        record(Action.SESSION_END, by=by, on=on_user(by.person, why="idle"))
    end()


@transaction.atomic
def end_sessions(*, user: User, sessions: Iterable[str], why: str, by: Actor) -> int:
    """End sessions of a person, by key, with an event for each; `why` is a word of `audit.sentences.REASONS`."""
    listed = UserSession.objects.filter(user=user, session_key__in=list(sessions)).select_for_update()
    ended = list(listed.order_by("pk"))
    keys = [session.session_key for session in ended]
    Session.objects.filter(session_key__in=keys).delete()
    listed.delete()
    for session in ended:
        on = on_user(user, why=why, browser=session.user_agent[:200], session_address=session.ip)
        record(Action.SESSION_END, by=by, on=on)
    return len(ended)


def note_seen(*, session: str, ip_address: str | None) -> None:
    """The session is in use; this is not an audit event."""
    seen = UserSession.objects.filter(session_key=session)
    seen.update(last_seen_at=Now(), **({"ip": ip_address} if ip_address else {}))


@transaction.atomic
def note_failed_sign_in(*, email: str, by: Actor, why: str = "") -> None:
    """A wrong email or password, or an answer of a provider that is refused. The actor is not known."""
    on = On(detail={"address": email, **({"why": why} if why else {})})
    record_failed_sign_in(by=by, on=on, outcome="failed", of=_registered(email))


@transaction.atomic
def note_wrong_password(*, by: Actor) -> None:
    """Of a signed-in person who had to confirm the password."""
    on = on_user(by.person, address=by.person.email, why="asked_again")
    record_failed_sign_in(by=by, on=on, outcome="failed", of=by.person.pk)


@transaction.atomic
def note_limited(*, email: str, by: Actor) -> None:
    """Too many tries: further ones are not compared."""
    on = On(detail={"address": email, "why": "too_many"} if email else {"why": "too_many"})
    record_failed_sign_in(by=by, on=on, outcome="refused", of=_registered(email))


@transaction.atomic
def refuse_inactive(*, user: User, by: Actor) -> None:
    """The right password of a deactivated person."""
    on = on_user(user, why="deactivated")
    record_failed_sign_in(by=by, on=on, outcome="refused", of=user.pk)


def _registered(email: str) -> int | None:
    return User.objects.filter(same_email("email", email)).values_list("pk", flat=True).first()


@transaction.atomic
def confirm_email(*, by: Actor, email: str, confirm: Callable[[], bool]) -> bool:
    """`confirm` marks the email as proved; False where it is another person's.

    A new email replaces the email that the person had proved before.
    """
    user = by.person
    lock_emails([email])
    if User.objects.filter(same_email("email", email)).exclude(pk=user.pk).exists():
        return False
    before = list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))
    confirmed = confirm()
    if confirmed and before and before != [email]:
        on = on_user(user, address=email, before=before[0])
        record(Action.EMAIL_CHANGE, by=by, on=on)
    elif confirmed:
        record(Action.USER_CHANGE, by=by, on=on_user(user, proved=email))
    return confirmed
