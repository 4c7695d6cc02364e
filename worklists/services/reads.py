"""Audited reads of the administration: its pages name the people of an account."""

from django.db import transaction

from accounts.models import Account
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from worklists.events import on_account
from worklists.permissions import check_administers


@transaction.atomic
def read_administration(*, account: Account | None, page: str, by: Actor, row: str = "") -> None:
    """A page of the administration is shown. `page` is its model, `row` the key of the row that it is about.

    Without an account it is a page of the whole platform, for superusers.
    """
    check_administers(by, account)
    record(
        Action.ADMINISTRATION_READ, by=by, on=on_account(account, page=page, **({"row": row} if row else {}))
    )
