"""Who may run an account. `check_` raises with a sentence, `may_` answers."""

from collections.abc import Collection

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account
from audit.actor import Actor, Kind
from common.exceptions import Refused
from worklists import access
from worklists.events import on_account
from worklists.permission_texts import CHILDREN
from worklists.permission_texts import labels as labels  # what refusals name, and pages too

KNOWN = access.CODENAMES | access.ACCOUNT_CODENAMES


def may_administer(by: Actor, account: Account | None) -> bool:
    """By the account role, or as a superuser; the system where it was given that, as commands are.

    What belongs to no account, such as the platform's own roles, is the superusers'. A token, a guest link and a
    visitor who is not signed in administer nothing.
    """
    if by.kind is Kind.SYSTEM:
        return access.ADMINISTER in by.given
    if by.kind is not Kind.USER:
        return False
    if by.person.is_active and by.person.is_superuser:
        return True
    return account is not None and access.administers(by, account)


def may_audit(by: Actor, account: Account | None) -> bool:
    """Whether the person may read the trail of the account: by the right itself, or as who administers it."""
    return may_administer(by, account) or (account is not None and access.audits(by, account))


def check_audits(by: Actor, account: Account | None) -> None:
    if not may_audit(by, account):
        raise Refused(
            _("Your role in this account does not let you view its audit trail."), on=on_account(account)
        )


def check_sees_register(by: Actor, account: Account) -> None:
    """The register names recipients and people across the account: being a superuser does not show it."""
    if not access.audits(by, account):
        raise Refused(
            _("Your role in this account does not let you view its register of shares."),
            on=on_account(account),
        )


def check_administers(by: Actor, account: Account | None) -> frozenset[str]:
    """What the person may give to others: read before the change, which may be of their own role."""
    if not may_administer(by, account):
        sentence = (
            _("Only an administrator of the account may do this.")
            if account is not None
            else _("Only a superuser of the platform may do this.")
        )
        raise Refused(sentence, on=on_account(account))
    if account is None or may_administer(by, None):
        return KNOWN
    return access.account_rights(by, account)


def check_may_give(may_give: Collection[str], codenames: Collection[str], account: Account | None) -> None:
    """No one grants what their own account role lacks."""
    if lacking := set(codenames) - set(may_give):
        raise Refused(_lacks(lacking), on=on_account(account))


def brings(before: Collection[str], wanted: Collection[str]) -> set[str]:
    """What a change of ticks gives: the new ones, and the children that take effect by a newly ticked parent."""
    added = set(wanted) - set(before)
    return added | {child for parent in added for child in CHILDREN.get(parent, ()) if child in wanted}


def why_not_give(by: Actor, account: Account | None, codenames: Collection[str]) -> str:
    """The sentence that `check_may_give` would raise, for a page that shows it before; empty where it would not."""
    if account is None or may_administer(by, None):
        return ""
    lacking = set(codenames) - access.account_rights(by, account)
    return _lacks(lacking) if lacking else ""


def _lacks(codenames: Collection[str]) -> str:
    names = ", ".join(f"“{label}”" for label in labels(codenames))
    sentence = ngettext(
        "You cannot give %(permissions)s, because your own role in this account does not have it.",
        "You cannot give %(permissions)s, because your own role in this account does not have them.",
        len(codenames),
    )
    return sentence % {"permissions": names}


def check_may_give_roles(may_give: Collection[str], role_ids: Collection[int], account: Account) -> None:
    """The same for whole roles, by everything that is ticked in them."""
    if role_ids:
        check_may_give(may_give, set().union(*ticked_in(role_ids).values()), account)


def ticked_in(role_ids: Collection[int]) -> dict[int, set[str]]:
    """Everything that is ticked in these roles, role by role, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rp.role_id, array_agg(p.codename::text) FROM accounts_role_permissions rp "
            "JOIN auth_permission p ON p.id = rp.permission_id WHERE rp.role_id = ANY(%s) GROUP BY rp.role_id",
            [list(role_ids)],
        )
        return {role_id: set(codenames) for role_id, codenames in cursor.fetchall()}
