"""An account's settings: its name and time zone, its periods, and what its members need to sign in."""

from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from accounts.models import Account
from audit import clock
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.text import tidy_text
from common.timezones import NOT_A_TIME_ZONE
from worklists.events import on_account
from worklists.permissions import check_administers, may_administer
from worklists.services.account_names import ask_for_name, check_account_name, tidied_account_name
from worklists.services.common import locked
from worklists.services.worklists import KEEP, Keep

LONGEST_GRACE = 90
# The words an administrator accepts; they are kept with the account and in the trail as they were then.
ACCEPTANCE = gettext_noop(
    "Our organisation has established that its screens, its rooms and this software are fit for primary diagnosis "
    "where the viewer is used, and takes responsibility for that use."
)
MOST_CONTACT = 200
DAYS = gettext_lazy("Enter {least} to {most} days.")
MINUTES = gettext_lazy("Enter {least} to {most} minutes, or leave this empty.")
GRACE_RANGE = format_lazy(DAYS, least=1, most=LONGEST_GRACE)

# The least and the most of each number, and the sentence that refuses another.
RANGES = {
    "invitation_days": (1, 365, DAYS),
    "idle_minutes": (5, 480, MINUTES),
}


@transaction.atomic
def change_account(
    *,
    account: Account,
    by: Actor,
    name: str | Keep = KEEP,
    timezone: str | Keep = KEEP,
    invitation_days: int | Keep = KEEP,
    idle_minutes: int | Keep | None = KEEP,
    character_set: str | Keep = KEEP,
    contact: str | Keep = KEEP,
    second_factor_in: int | Keep | None = KEEP,
    primary_diagnosis: bool | Keep = KEEP,
    blanks_images: bool | Keep = KEEP,
    types_emails_twice: bool | Keep = KEEP,
) -> Account:
    """Change what is given and leave the rest. Another name waits until the platform confirms it.

    `second_factor_in`: in how many days members will need a second factor; None where they need none any more.
    `primary_diagnosis`: whether the account takes on what `ACCEPTANCE` says, which is kept with the moment.
    """
    account = locked(account)
    check_administers(by, account)
    numbers = {"invitation_days": invitation_days, "idle_minutes": idle_minutes}
    wanted: dict[str, Any] = {field: value for field, value in numbers.items() if not isinstance(value, Keep)}
    for field, value in wanted.items():
        _check_number(field, value)
    asked = None if isinstance(name, Keep) else _free_name(account, name)
    if asked is not None and not may_administer(by, None):
        ask_for_name(account, asked, by)
    elif asked not in (None, account.name, account.name_asked_for):
        # The platform's own change needs no confirmation.
        wanted |= {"name": asked, "name_asked_for": "", "name_confirmed_at": clock.now()}
    if not isinstance(timezone, Keep):
        if timezone not in available_timezones():
            raise ValidationError({"timezone": _(NOT_A_TIME_ZONE)})
        wanted["timezone"] = timezone
    if not isinstance(character_set, Keep):
        if character_set not in Account.CharacterSet.values:
            raise ValidationError({"character_set": _("Choose a character set from the list.")})
        wanted["character_set"] = character_set
    if not isinstance(contact, Keep):
        wanted["contact"] = tidy_text(contact, what=_("A contact"), longest=MOST_CONTACT, may_be_empty=True)
    if not isinstance(second_factor_in, Keep):
        wanted["second_factor_from"] = _required_from(second_factor_in)
    ticks = {"blanks_images": blanks_images, "types_emails_twice": types_emails_twice}
    wanted |= {field: tick for field, tick in ticks.items() if not isinstance(tick, Keep)}
    if not isinstance(primary_diagnosis, Keep):
        wanted |= _accepted(account, primary_diagnosis)
    was = {
        field: getattr(account, field) for field, value in wanted.items() if getattr(account, field) != value
    }
    if not was:
        return account
    for field in was:
        setattr(account, field, wanted[field])
    account.save(update_fields=[*was, *(["identity"] if "name" in was else [])])
    now = {field: wanted[field] for field in was}
    record(Action.ACCOUNT_CHANGE, by=by, on=on_account(account, was=_recorded(was), now=_recorded(now)))
    return account


def _accepted(account: Account, accepts: bool) -> dict[str, Any]:
    """What was accepted before keeps its moment and its words."""
    if accepts == (account.primary_diagnosis_at is not None):
        return {}
    return {
        "primary_diagnosis_at": clock.now() if accepts else None,
        "primary_diagnosis_text": ACCEPTANCE if accepts else "",
    }


def _check_number(field: str, value: int | None) -> None:
    least, most, sentence = RANGES[field]
    if value is None and field == "idle_minutes":
        return
    if value is None or not least <= value <= most:
        raise ValidationError({field: sentence.format(least=least, most=most)})


def _free_name(account: Account, name: str) -> str:
    try:
        name = tidied_account_name(name)
        if name != account.name:
            check_account_name(name, but=account)
    except ValidationError as error:
        raise ValidationError({"name": error.messages}) from error
    return name


def _required_from(days: int | None) -> Any:
    if days is None:
        return None
    if not 1 <= days <= LONGEST_GRACE:
        raise ValidationError({"second_factor_in": GRACE_RANGE})
    return clock.now() + timedelta(days=days)


def _recorded(values: dict[str, Any]) -> dict[str, Any]:
    """The values as the trail keeps them: words and numbers."""
    return {
        field: value.isoformat() if hasattr(value, "isoformat") else value for field, value in values.items()
    }
