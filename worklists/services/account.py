"""A new account, and the invitation of its first administrator."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import Account, Role
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.text import identity
from worklists.access import ADMINISTER
from worklists.events import on_account
from worklists.permissions import check_administers
from worklists.services.account_names import check_account_name, tidied_account_name
from worklists.services.common import has_administrator, locked
from worklists.services.roles import make_shipped_roles
from worklists.services.staff_invitations import invite_within
from worklists.services.staff_offers import Answer, MembershipOffer


@transaction.atomic
def create_account(*, name: str, by: Actor, timezone: str = "Europe/London") -> Account:
    """An account with its shipped roles, and no member yet. For the platform and its superusers."""
    check_administers(by, None)
    name = tidied_account_name(name)
    try:
        ZoneInfo(timezone)
    except (ValueError, KeyError, OSError) as error:
        raise ValidationError(_("There is no such time zone."), code="timezone") from error
    check_account_name(name)
    account = Account.objects.create(name=name, timezone=timezone, name_confirmed_at=Now())
    account.refresh_from_db(fields=["name_confirmed_at"])
    record(Action.ACCOUNT_ADD, by=by, on=on_account(account))
    make_shipped_roles(account, by=by)
    return account


@dataclass(frozen=True)
class Begun:
    """An account, whether it is new, and the answer to inviting its first administrator: none where it has one."""

    account: Account
    is_new: bool
    answer: Answer | None


@transaction.atomic
def begin_account(*, name: str, email: str, by: Actor, timezone: str = "Europe/London") -> Begun:
    """An account with its shipped roles and, invited, an administrator on every worklist.

    Called again, it makes no second account; while the existing account has no administrator, it invites again.
    """
    check_administers(by, None)
    tidied = tidied_account_name(name)
    existing = Account.objects.filter(identity=identity(tidied)).first()
    is_new = existing is None
    account = create_account(name=tidied, timezone=timezone, by=by) if existing is None else locked(existing)
    if has_administrator(account):
        return Begun(account, is_new, None)
    role = Role.objects.filter(account=account, permissions__codename=ADMINISTER).order_by("pk").first()
    if role is None:
        raise ValidationError(
            _("No role of this account includes “Account: Administer”. A superuser can add it to a role.")
        )
    offer = MembershipOffer(email, role, every_worklist=True)
    [answer] = invite_within(account=account, offers=[offer], by=by)
    if answer.sentence:
        raise ValidationError(answer.sentence)
    return Begun(account, is_new, answer)
