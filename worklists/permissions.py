"""Who may run an account. `check_` raises with a sentence, `may_` answers."""

from collections.abc import Collection

from django.db import connection

from accounts.models import Account, User
from worklists import access
from worklists.deeds import Refused
from worklists.events import on_account
from worklists.models import Worklist

By = User | None


def may_administer(by: By, account: Account | None) -> bool:
    """By the account role, or as a superuser. Nobody (`None`) is the platform itself, as commands are.

    What belongs to no account, such as the platform's own roles, is the superusers'.
    """
    if by is None:
        return True
    if by.is_active and by.is_superuser:
        return True
    return account is not None and access.administers(by, account)


def check_administers(by: By, account: Account | None) -> frozenset[str]:
    """What the person may give to others: taken before the deed, which may be about their own role."""
    if not may_administer(by, account):
        who = "an administrator of the account" if account is not None else "a superuser of the platform"
        raise Refused(f"Only {who} may do this.", on=on_account(account))
    if account is None or may_administer(by, None):
        return access.CODENAMES | {access.ADMINISTER}
    return access.account_rights(by, account)


def check_may_give(may_give: Collection[str], codenames: Collection[str], account: Account | None) -> None:
    """Nobody grants what their own account role lacks."""
    if lacking := set(codenames) - set(may_give):
        names = ", ".join(f"“{label}”" for label in labels(lacking))
        raise Refused(
            f"Your own role in this account does not have {names}, so you cannot give it.",
            on=on_account(account),
        )


def check_may_give_roles(may_give: Collection[str], role_ids: Collection[int], account: Account) -> None:
    """The same for whole roles, by everything that is ticked in them."""
    if role_ids:
        check_may_give(may_give, _ticked(role_ids), account)


def labels(codenames: Collection[str]) -> list[str]:
    """What people call these permissions, in the order of the checklist."""
    known = [*Account._meta.permissions, *Worklist._meta.permissions]
    return [str(label) for codename, label in known if codename in codenames]


def _ticked(role_ids: Collection[int]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT p.codename FROM accounts_role_permissions rp "
            "JOIN auth_permission p ON p.id = rp.permission_id WHERE rp.role_id = ANY(%s)",
            [list(role_ids)],
        )
        return {row[0] for row in cursor.fetchall()}
