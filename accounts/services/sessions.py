"""Coming and going, as the audit trail has it, and the sessions a person has."""

from collections.abc import Callable, Iterable

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.db.models.functions import Now

from accounts.events import NOT_SIGNED_IN, on_user
from accounts.locks import lock_addresses
from accounts.models import User
from audit.actions import Action
from audit.services import On, record
from common.text import same

# Of the refusals for too many tries, one line an address and a quarter of an hour is enough to see them.
BURST = 15 * 60


@transaction.atomic
def sign_in(*, user: User, begin: Callable[[], None], address: str | None, how: str = "") -> None:
    """`begin` opens the session; both or neither. `how` is said in words: "a password and a passkey"."""
    begin()
    record(Action.SIGN_IN, by=user, on=On(detail={"how": how} if how else {}), address=address)


@transaction.atomic
def sign_out(*, user: User, end: Callable[[], None], address: str | None) -> None:
    """`end` closes the session; both or neither."""
    record(Action.SIGN_OUT, by=user, on=On(), address=address)
    end()


@transaction.atomic
def end_idle(*, user: User, session: str | None, end: Callable[[], None], address: str | None) -> None:
    """The session in which nobody asked for anything for longer than the person's accounts allow.

    A page and its images come at once: the first of them finds the session and has the line.
    """
    found, _ = Session.objects.filter(session_key=session).delete()
    if found:
        UserSession.objects.filter(session_key=session).delete()
        record(Action.SESSION_END, by=user, on=on_user(user, why="idle"), address=address)
    end()


@transaction.atomic
def end_sessions(
    *, user: User, sessions: Iterable[str], why: str, address: str | None = None, by: User | None = None
) -> int:
    """These of a person's sessions, by key, with one line for each; `why` is a word of `audit.sentences.REASONS`.

    By themselves, unless `by` says who did it.
    """
    listed = UserSession.objects.filter(user=user, session_key__in=list(sessions)).select_for_update()
    found = list(listed.order_by("pk"))
    keys = [session.session_key for session in found]
    Session.objects.filter(session_key__in=keys).delete()
    listed.delete()
    for session in found:
        on = on_user(user, why=why, browser=session.user_agent[:200], session_address=session.ip)
        record(Action.SESSION_END, by=by or user, on=on, address=address)
    return len(found)


def note_seen(*, session: str, address: str | None) -> None:
    """The person is at work in this session; nothing that the audit would want to know."""
    seen = UserSession.objects.filter(session_key=session)
    seen.update(last_seen_at=Now(), **({"ip": address} if address else {}))


@transaction.atomic
def note_failed_sign_in(*, email: str, address: str | None, why: str = "") -> None:
    """A wrong address or password, or a provider's word we do not take. Who typed it nobody knows."""
    record(
        Action.SIGN_IN_FAILED,
        by=NOT_SIGNED_IN,
        on=On(detail={"address": email, **({"why": why} if why else {})}),
        outcome="failed",
        address=address,
    )


@transaction.atomic
def note_wrong_password(*, user: User, address: str | None) -> None:
    """Of somebody signed in, who was asked once more."""
    on = on_user(user, address=user.email, why="asked_again")
    record(Action.SIGN_IN_FAILED, by=user, on=on, outcome="failed", address=address)


@transaction.atomic
def note_limited(*, email: str, address: str | None) -> None:
    """Too many tries: the rest are not even looked at. One line for a burst of them."""
    if cache.add(f"sign-in-limited:{email}:{address}", 1, timeout=BURST):
        on = On(detail={"address": email, "why": "too_many"} if email else {"why": "too_many"})
        record(Action.SIGN_IN_FAILED, by=NOT_SIGNED_IN, on=on, outcome="refused", address=address)


@transaction.atomic
def refuse_inactive(*, user: User, address: str | None) -> None:
    """The right password of a deactivated person."""
    on = on_user(user, why="deactivated")
    record(Action.SIGN_IN_FAILED, by=NOT_SIGNED_IN, on=on, outcome="refused", address=address)


@transaction.atomic
def confirm_address(*, user: User, email: str, confirm: Callable[[], bool], address: str | None) -> bool:
    """`confirm` marks the address as proved; false where somebody else has it.

    A new address of somebody who had proved another takes its place.
    """
    lock_addresses([email])
    if User.objects.filter(same("email", email)).exclude(pk=user.pk).exists():
        return False
    before = list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))
    confirmed = confirm()
    if confirmed and before and before != [email]:
        on = on_user(user, address=email, before=before[0])
        record(Action.ADDRESS_CHANGE, by=user, on=on, address=address)
    elif confirmed:
        record(Action.USER_CHANGE, by=user, on=on_user(user, proved=email), address=address)
    return confirmed
