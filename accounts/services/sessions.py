"""Coming and going, as the audit trail has it, and the sessions a person has."""

from collections.abc import Callable, Iterable

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.db.models.functions import Now

from accounts.events import on_user
from accounts.locks import lock_addresses
from accounts.models import User
from audit.actions import Action
from audit.actor import Actor
from audit.services import On, record
from common.text import same

# Of the refusals for too many tries, one line an address and a quarter of an hour is enough to see them.
BURST = 15 * 60


@transaction.atomic
def sign_in(*, by: Actor, begin: Callable[[], None], how: str = "") -> None:
    """`begin` opens the session; both or neither. `how` is said in words: "a password and a passkey"."""
    begin()
    record(Action.SIGN_IN, by=by, on=On(detail={"how": how} if how else {}))


@transaction.atomic
def sign_out(*, by: Actor, end: Callable[[], None]) -> None:
    """`end` closes the session; both or neither."""
    record(Action.SIGN_OUT, by=by, on=On())
    end()


@transaction.atomic
def end_idle(*, by: Actor, session: str | None, end: Callable[[], None]) -> None:
    """The session in which nobody asked for anything for longer than the person's accounts allow.

    A page and its images come at once: the first of them finds the session and has the line.
    """
    found, _ = Session.objects.filter(session_key=session).delete()
    if found:
        UserSession.objects.filter(session_key=session).delete()
        record(Action.SESSION_END, by=by, on=on_user(by.person, why="idle"))
    end()


@transaction.atomic
def end_sessions(*, user: User, sessions: Iterable[str], why: str, by: Actor) -> int:
    """These of a person's sessions, by key, with one line for each; `why` is a word of `audit.sentences.REASONS`."""
    listed = UserSession.objects.filter(user=user, session_key__in=list(sessions)).select_for_update()
    found = list(listed.order_by("pk"))
    keys = [session.session_key for session in found]
    Session.objects.filter(session_key__in=keys).delete()
    listed.delete()
    for session in found:
        on = on_user(user, why=why, browser=session.user_agent[:200], session_address=session.ip)
        record(Action.SESSION_END, by=by, on=on)
    return len(found)


def note_seen(*, session: str, ip_address: str | None) -> None:
    """The person is at work in this session; nothing that the audit would want to know."""
    seen = UserSession.objects.filter(session_key=session)
    seen.update(last_seen_at=Now(), **({"ip": ip_address} if ip_address else {}))


@transaction.atomic
def note_failed_sign_in(*, email: str, by: Actor, why: str = "") -> None:
    """A wrong address or password, or a provider's word we do not take. Who typed it nobody knows."""
    record(
        Action.SIGN_IN_FAILED,
        by=by,
        on=On(detail={"address": email, **({"why": why} if why else {})}),
        outcome="failed",
    )


@transaction.atomic
def note_wrong_password(*, by: Actor) -> None:
    """Of somebody signed in, who was asked once more."""
    on = on_user(by.person, address=by.person.email, why="asked_again")
    record(Action.SIGN_IN_FAILED, by=by, on=on, outcome="failed")


@transaction.atomic
def note_limited(*, email: str, by: Actor) -> None:
    """Too many tries: the rest are not even looked at. One line for a burst of them."""
    if cache.add(f"sign-in-limited:{email}:{by.ip_address}", 1, timeout=BURST):
        on = On(detail={"address": email, "why": "too_many"} if email else {"why": "too_many"})
        record(Action.SIGN_IN_FAILED, by=by, on=on, outcome="refused")


@transaction.atomic
def refuse_inactive(*, user: User, by: Actor) -> None:
    """The right password of a deactivated person."""
    on = on_user(user, why="deactivated")
    record(Action.SIGN_IN_FAILED, by=by, on=on, outcome="refused")


@transaction.atomic
def confirm_address(*, by: Actor, email: str, confirm: Callable[[], bool]) -> bool:
    """`confirm` marks the address as proved; false where somebody else has it.

    A new address of somebody who had proved another takes its place.
    """
    user = by.person
    lock_addresses([email])
    if User.objects.filter(same("email", email)).exclude(pk=user.pk).exists():
        return False
    before = list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))
    confirmed = confirm()
    if confirmed and before and before != [email]:
        on = on_user(user, address=email, before=before[0])
        record(Action.EMAIL_CHANGE, by=by, on=on)
    elif confirmed:
        record(Action.USER_CHANGE, by=by, on=on_user(user, proved=email))
    return confirmed
