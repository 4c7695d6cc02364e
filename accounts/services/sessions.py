"""Coming and going, as the audit trail has it."""

from collections.abc import Callable

from django.db import transaction

from accounts.events import NOT_SIGNED_IN, on_user
from accounts.models import User
from audit.actions import Action
from audit.services import On, record


@transaction.atomic
def sign_in(*, user: User, begin: Callable[[], None], address: str | None) -> None:
    """`begin` opens the session; both or neither."""
    begin()
    record(Action.SIGN_IN, by=user, on=On(), address=address)


@transaction.atomic
def sign_out(*, user: User, end: Callable[[], None], address: str | None) -> None:
    """`end` closes the session; both or neither."""
    record(Action.SIGN_OUT, by=user, on=On(), address=address)
    end()


@transaction.atomic
def note_failed_sign_in(*, email: str, address: str | None) -> None:
    """A wrong address or password. Who typed it nobody knows."""
    record(
        Action.SIGN_IN_FAILED,
        by=NOT_SIGNED_IN,
        on=On(detail={"address": email}),
        outcome="failed",
        address=address,
    )


@transaction.atomic
def refuse_inactive(*, user: User, address: str | None) -> None:
    """The right password of a deactivated person."""
    on = on_user(user, why="deactivated")
    record(Action.SIGN_IN_FAILED, by=NOT_SIGNED_IN, on=on, outcome="refused", address=address)


@transaction.atomic
def confirm_address(*, user: User, email: str, confirm: Callable[[], bool], address: str | None) -> bool:
    """`confirm` marks the address as proved; false where somebody else has proved it before."""
    confirmed = confirm()
    if confirmed:
        record(Action.USER_CHANGE, by=user, on=on_user(user, proved=email), address=address)
    return confirmed
