"""A person's own details and password."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.events import on_user
from accounts.models import Account, User
from accounts.services import limits
from accounts.services.outbox import queue_mail
from accounts.services.sessions import end_sessions
from audit.actions import Action
from audit.actor import Actor
from audit.selectors import accounts_acted_in
from audit.services import On, event, record, record_all
from common import timezones
from common.person_names import checked_name
from common.text import identity


@transaction.atomic
def add_user(*, email: str, name: str, password: str | None, by: Actor, **fields: bool) -> User:
    """A person without an invitation, to set up an installation; the email counts as proved."""
    user = User.objects.create_user(identity(email), password, name=checked_name(name), **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    record(Action.USER_REGISTER, by=by, on=on_user(user))
    return user


@transaction.atomic
def change_details(*, user: User, name: str, timezone: str, by: Actor) -> User:
    """A person's own name and time zone."""
    if by.person.pk != user.pk:
        raise PermissionDenied(_("You can change only your own name and time zone."))
    if timezone not in available_timezones():
        raise ValidationError({"timezone": _(timezones.NOT_A_TIME_ZONE)})
    locked = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before = {"name": locked.name, "timezone": locked.timezone}
    locked.name, locked.timezone = checked_name(name), timezone
    after = {"name": locked.name, "timezone": locked.timezone}
    if after == before:
        return locked
    locked.save(update_fields=["name", "timezone"])
    record(Action.USER_CHANGE, by=by, on=on_user(locked, before=before, after=after))
    if after["name"] != before["name"]:
        _record_new_name(locked, before["name"], by)
    return locked


def _record_new_name(user: User, before: str, by: Actor) -> None:
    """In the trail of each account in which the person acts; the trails of studies show the event of no account."""
    accounts = Account.objects.filter(
        Q(memberships__user=user) | Q(pk__in=accounts_acted_in(user.pk))
    ).distinct()
    places = [On(), *(On(account_id=account.pk, account_label=account.name) for account in accounts)]
    detail = {**on_user(user).detail, "old_name": before, "new_name": user.name}
    record_all([event(Action.USER_RENAME, by=by, on=replace(place, detail=detail)) for place in places])


def ask_for_reset(*, email: str) -> None:
    """A mail with a link to choose a new password, if the email turns out to be registered when the mail is written."""
    life = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    queue_mail(kind="password_reset_key", recipient=identity(email), data={}, good_until=Now() + life)


def try_mailed_code(*, user: User) -> bool:
    """Take one of the tries at the code that proves an email, before it is compared; False where none is left."""
    return limits.take_code_try(user=user)


@transaction.atomic
def set_password(*, user: User, password: str, reset: bool, by: Actor) -> None:
    """A person's new password: changed with the old password, or reset by a link in a mail."""
    user.set_password(password)
    user.save(update_fields=["password"])
    action = Action.PASSWORD_RESET if reset else Action.PASSWORD_CHANGE
    record(action, by=by, on=on_user(user))


@transaction.atomic
def set_active_without_tokens(*, user: User, active: bool, by: Actor) -> None:
    """A part of `worklists.services.set_active`, which also ends what the person's programs sign in with."""
    if not by.person.is_superuser:
        raise PermissionDenied(_("Only the people who run the platform can deactivate someone."))
    locked = User.objects.select_for_update().get(pk=user.pk)
    if locked.is_active == active:
        return
    locked.is_active = active
    locked.save(update_fields=["is_active"])
    record(Action.USER_REACTIVATE if active else Action.USER_DEACTIVATE, by=by, on=on_user(locked))
    if not active:
        # Their sessions would work again on the day they are reactivated.
        keys = UserSession.objects.filter(user=locked).values_list("session_key", flat=True)
        end_sessions(user=locked, sessions=keys, why="deactivated", by=by)
