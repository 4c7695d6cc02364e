"""What the services of this package share: the account's lock, unused codes, and who stands where."""

from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import Account, AccountMembership, Role
from worklists import codes
from worklists.access import ADMINISTER
from worklists.models import RoleReplacement, Worklist

NO_SUCH_ROLE = "There is no such role in this account."
NO_SUCH_WORKLIST = "There is no such worklist in this account."

EffectiveRoles = set[tuple[int, int, int]]


def locked(account: Account | int) -> Account:
    """The account as it is now, held until the transaction ends."""
    pk = account if isinstance(account, int) else account.pk
    return Account.objects.select_for_update(no_key=True).get(pk=pk)


def unused_code() -> str:
    """A share code nobody can guess. The index has the last word, should two come upon the same one."""
    while Worklist.objects.filter(share_code=(code := codes.new_code())).exists():
        pass
    return code


def check_role_is_of(account: Account, role: Role | None) -> None:
    """Asked under the account's lock: what stands now is neither another account's nor taken away a moment ago."""
    if role is not None and not Role.objects.filter(pk=role.pk, account=account).exists():
        raise ValidationError(NO_SUCH_ROLE, code="foreign")


def check_not_being_replaced(account: Account, **about: Role) -> None:
    """Asked under the account's lock: no replacement is under way, or none whose `role` or `other` is this one."""
    running = RoleReplacement.objects.running().filter(account=account, **about)
    if found := running.select_related("role", "other").first():
        raise ValidationError(
            f"“{found.role.name}” is being replaced by “{found.other.name}” now. Try again when that is finished.",
            code="replacing",
        )


def has_administrator(account: Account) -> bool:
    return (
        AccountMembership.objects.active()
        .filter(account=account, role__permissions__codename=ADMINISTER)
        .exists()
    )


def check_an_administrator_stays(account: Account, *, had: bool) -> None:
    """After the write: an account that had an administrator still has one."""
    if had and not has_administrator(account):
        raise ValidationError(
            "This would leave the account without an administrator.", code="last_administrator"
        )


def standing(
    account: Account, *, user_id: int | None = None, worklist_id: int | None = None
) -> EffectiveRoles:
    """(user, worklist, role) as the rows have it now: what a change gives is what stands after it and not before."""
    sql = (
        "SELECT er.user_id, er.worklist_id, er.role_id FROM worklists_effective_role er "
        "JOIN worklists_worklist w ON w.id = er.worklist_id WHERE w.account_id = %s"
    )
    parameters = [account.pk]
    for column, value in (("er.user_id", user_id), ("er.worklist_id", worklist_id)):
        if value is not None:
            sql += f" AND {column} = %s"
            parameters.append(value)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return set(cursor.fetchall())


def given(before: EffectiveRoles, after: EffectiveRoles) -> set[int]:
    """The roles somebody holds somewhere that they did not hold there before."""
    return {role_id for _, _, role_id in after - before}
