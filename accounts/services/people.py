"""A person's own details and password."""

from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.events import on_user
from accounts.models import User
from accounts.services.sessions import end_sessions
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.text import checked_name, identity


@transaction.atomic
def add_user(*, address: str, name: str, password: str | None, by: Actor, **fields: bool) -> User:
    """A person without an invitation, for whoever sets up an installation; the address counts as proved."""
    user = User.objects.create_user(identity(address), password, name=checked_name(name), **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    record(Action.USER_REGISTER, by=by, on=on_user(user))
    return user


@transaction.atomic
def change_details(*, user: User, name: str, timezone: str, by: Actor) -> User:
    """A person's own name and time zone."""
    if by.person.pk != user.pk:
        raise PermissionDenied("You can change only your own name and time zone.")
    if timezone not in available_timezones():
        raise ValidationError({"timezone": "Choose a time zone from the list."})
    found = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before = {"name": found.name, "timezone": found.timezone}
    found.name, found.timezone = checked_name(name), timezone
    after = {"name": found.name, "timezone": found.timezone}
    if after == before:
        return found
    found.save(update_fields=["name", "timezone"])
    record(Action.USER_CHANGE, by=by, on=on_user(found, before=before, after=after))
    return found


@transaction.atomic
def set_password(*, user: User, password: str, reset: bool, by: Actor) -> None:
    """A person's new password: changed by the old one, or reset by a link in their mail."""
    user.set_password(password)
    user.save(update_fields=["password"])
    action = Action.PASSWORD_RESET if reset else Action.PASSWORD_CHANGE
    record(action, by=by, on=on_user(user))


@transaction.atomic
def set_active(*, user: User, active: bool, by: Actor) -> None:
    """Deactivate a person, who keeps everything and may do nothing, or let them in again."""
    if not by.person.is_superuser:
        raise PermissionDenied("Only the people who run the platform can deactivate someone.")
    found = User.objects.select_for_update().get(pk=user.pk)
    if found.is_active == active:
        return
    found.is_active = active
    found.save(update_fields=["is_active"])
    record(Action.USER_REACTIVATE if active else Action.USER_DEACTIVATE, by=by, on=on_user(found))
    if not active:
        # Left alone, they would be signed in again on the day they are reactivated.
        keys = UserSession.objects.filter(user=found).values_list("session_key", flat=True)
        end_sessions(user=found, sessions=keys, why="deactivated", by=by)
