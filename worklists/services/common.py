"""What the services of this package have in common: the account's lock, unused codes, and the roles that count."""

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, AccountMembership, Role
from worklists import codes
from worklists.access import ADMINISTER
from worklists.models import RoleReplacement, Worklist
from worklists.selectors.places import NO_ADMINISTRATOR_LEFT

NO_SUCH_ROLE = gettext_noop("There is no such role in this account.")
NO_SUCH_WORKLIST = gettext_noop("There is no such worklist in this account.")

EffectiveRoles = set[tuple[int, int, int]]


def locked(account: Account | int) -> Account:
    """The account as it is now, held until the transaction ends."""
    pk = account if isinstance(account, int) else account.pk
    return Account.objects.select_for_update(no_key=True).get(pk=pk)


def unused_code() -> str:
    """A share code that cannot be guessed. The index refuses the second of two that are the same."""
    while Worklist.objects.filter(share_code=(code := codes.new_code())).exists():
        pass
    return code


def check_role_is_of(account: Account, role: Role | None) -> None:
    """Under the account's lock: the role is this account's, and was not removed a moment ago."""
    if role is not None and not Role.objects.filter(pk=role.pk, account=account).exists():
        raise ValidationError(_(NO_SUCH_ROLE), code="foreign")


def check_not_being_replaced(account: Account, **about: Role) -> None:
    """Under the account's lock: no replacement is under way, or none whose `role` or `other` is the given role."""
    running = RoleReplacement.objects.running().filter(account=account, **about)
    if replacement := running.select_related("role", "other").first():
        sentence = _("“%(role)s” is being replaced by “%(other)s” now. Try again when that is finished.")
        names = {"role": replacement.role.name, "other": replacement.other.name}
        raise ValidationError(sentence % names, code="replacing")


def has_administrator(account: Account) -> bool:
    return (
        AccountMembership.objects.active()
        .filter(account=account, role__permissions__codename=ADMINISTER)
        .exists()
    )


def check_an_administrator_stays(account: Account, *, had: bool) -> None:
    """After the write: an account that had an administrator still has one."""
    if had and not has_administrator(account):
        raise ValidationError(_(NO_ADMINISTRATOR_LEFT), code="last_administrator")


def standing(
    account: Account, *, user_id: int | None = None, worklist_id: int | None = None
) -> EffectiveRoles:
    """(user, worklist, role) as the rows have it now: a change gives what is there after it and was not before."""
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
    """The roles that a person holds on a worklist and did not hold there before."""
    return {role_id for _, _, role_id in after - before}
