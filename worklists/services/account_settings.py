"""What an account says of itself: its name and time zone, how long things live, what its members need to sign in."""

from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.text import same, tidy_text
from common.timezones import NOT_A_TIME_ZONE
from worklists.events import on_account
from worklists.permissions import check_administers
from worklists.services.account import NAME_TAKEN
from worklists.services.common import locked
from worklists.services.worklists import KEEP, Keep

LONGEST_GRACE = 90
GRACE_RANGE = f"Enter 1 to {LONGEST_GRACE} days."

# What may be asked of each number, and the sentence where it is not.
RANGES = {
    "invitation_days": (1, 365, "Enter 1 to 365 days."),
    "guest_link_days": (1, 365, "Enter 1 to 365 days."),
    "idle_minutes": (5, 480, "Enter 5 to 480 minutes, or leave this empty."),
}


@transaction.atomic
def change_account(
    *,
    account: Account,
    by: Actor,
    name: str | Keep = KEEP,
    timezone: str | Keep = KEEP,
    invitation_days: int | Keep = KEEP,
    guest_link_days: int | Keep = KEEP,
    idle_minutes: int | Keep | None = KEEP,
    second_factor_in: int | Keep | None = KEEP,
) -> Account:
    """Change what is given and leave the rest.

    `second_factor_in` is in how many days members will need a second factor; None asks for none any more.
    """
    account = locked(account)
    check_administers(by, account)
    numbers = {
        "invitation_days": invitation_days, "guest_link_days": guest_link_days, "idle_minutes": idle_minutes,
    }  # fmt: skip
    wanted: dict[str, Any] = {field: value for field, value in numbers.items() if not isinstance(value, Keep)}
    for field, value in wanted.items():
        _check_number(field, value)
    if not isinstance(name, Keep):
        wanted["name"] = _free_name(account, name)
    if not isinstance(timezone, Keep):
        if timezone not in available_timezones():
            raise ValidationError({"timezone": _(NOT_A_TIME_ZONE)})
        wanted["timezone"] = timezone
    if not isinstance(second_factor_in, Keep):
        wanted["second_factor_from"] = _required_from(second_factor_in)
    was = {
        field: getattr(account, field) for field, value in wanted.items() if getattr(account, field) != value
    }
    if not was:
        return account
    for field in was:
        setattr(account, field, wanted[field])
    account.save(update_fields=list(was))
    said = {"was": _said(was), "now": _said({field: wanted[field] for field in was})}
    record(Action.ACCOUNT_CHANGE, by=by, on=on_account(account, **said))
    return account


def _check_number(field: str, value: int | None) -> None:
    least, most, sentence = RANGES[field]
    if value is None and field == "idle_minutes":
        return
    if value is None or not least <= value <= most:
        raise ValidationError({field: sentence})


def _free_name(account: Account, name: str) -> str:
    try:
        name = tidy_text(name, what="An account's name", longest=200)
    except ValidationError as error:
        raise ValidationError({"name": error.messages}) from error
    if Account.objects.filter(same("name", name)).exclude(pk=account.pk).exists():
        raise ValidationError({"name": NAME_TAKEN})
    return name


def _required_from(days: int | None) -> Any:
    if days is None:
        return None
    if not 1 <= days <= LONGEST_GRACE:
        raise ValidationError({"second_factor_in": GRACE_RANGE})
    return clock.now() + timedelta(days=days)


def _said(values: dict[str, Any]) -> dict[str, Any]:
    """As the trail keeps it: words and numbers."""
    return {
        field: value.isoformat() if hasattr(value, "isoformat") else value for field, value in values.items()
    }
