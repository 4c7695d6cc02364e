"""An organisation joins the platform."""

from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Account, User
from audit.actions import Action
from audit.services import record
from worklists.events import on_account
from worklists.permissions import check_administers
from worklists.services.common import tidy_text
from worklists.services.roles import make_shipped_roles


@transaction.atomic
def create_account(*, name: str, by: User | None, timezone: str = "Europe/London") -> Account:
    """An account with its shipped roles, and nobody in it yet. For the platform and its superusers."""
    check_administers(by, None)
    name = tidy_text(name, what="An account's name", longest=200)
    try:
        ZoneInfo(timezone)
    except (ValueError, KeyError, OSError) as error:
        raise ValidationError("There is no such time zone.", code="timezone") from error
    if Account.objects.filter(name__iexact=name).exists():
        raise ValidationError("There is already an account of this name.", code="taken")
    account = Account.objects.create(name=name, timezone=timezone)
    record(Action.ACCOUNT_ADD, by=by, on=on_account(account))
    make_shipped_roles(account, by=by)
    return account
