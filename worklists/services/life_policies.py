"""How long what an account's members share lasts: the preset and the longest life of each method."""

from collections.abc import Mapping
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, LifePolicy
from accounts.models.life import GUEST_LINK_LONGEST_DAYS, GUEST_LINK_MOST_DAYS, LONGEST_DAYS
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from worklists.events import on_account
from worklists.permissions import check_administers
from worklists.services.account_settings import DAYS
from worklists.services.common import locked


class LifeDays(NamedTuple):
    """Of a method; None where the account says nothing."""

    preset: int | None = None
    longest: int | None = None


@transaction.atomic
def set_life_policies(*, account: Account, lives: Mapping[str, LifeDays], by: Actor) -> bool:
    """Set the preset and the longest life of the methods given, and leave the others; whether anything differs.

    What is shared already keeps its end. Raises ValidationError, by field: `preset_…` or `longest_…` of the method.
    """
    account = locked(account)
    check_administers(by, account)
    _check(lives)
    rows = {row.method: row for row in LifePolicy.objects.filter(account=account, method__in=lives)}
    before = {method: LifeDays(row.preset_days, row.longest_days) for method, row in rows.items()}
    differs = {method: days for method, days in lives.items() if days != before.get(method, LifeDays())}
    if not differs:
        return False
    for method, days in differs.items():
        row = rows.get(method) or LifePolicy(account=account, method=method)
        row.preset_days, row.longest_days = days
        row.save()
    was = {method: before.get(method, LifeDays())._asdict() for method in differs}
    now = {method: days._asdict() for method, days in differs.items()}
    record(Action.ACCOUNT_CHANGE, by=by, on=on_account(account, was={"life": was}, now={"life": now}))
    return True


def _check(lives: Mapping[str, LifeDays]) -> None:
    wrong: dict[str, str] = {}
    for method, days in lives.items():
        if method not in LifePolicy.Method.values:
            raise ValidationError(_("There is no such way of sharing."))
        most, longest = LONGEST_DAYS, days.longest
        if method == LifePolicy.Method.GUEST_LINK:
            most, longest = GUEST_LINK_MOST_DAYS, days.longest or GUEST_LINK_LONGEST_DAYS
        for field, value in days._asdict().items():
            if value is not None and not 1 <= value <= most:
                wrong[f"{field}_{method}"] = str(DAYS.format(least=1, most=most))
        if days.preset is not None and longest is not None and days.preset > longest:
            wrong.setdefault(
                f"preset_{method}", _("The preset must not be longer than the longest life of the method.")
            )
    if wrong:
        raise ValidationError({field: [sentence] for field, sentence in wrong.items()})
