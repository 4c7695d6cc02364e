"""Who belongs to an account, and with which role. Only here are account memberships written."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Account, AccountMembership, Role, User
from audit.actions import Action
from audit.services import record
from worklists import access
from worklists.events import about, on_account
from worklists.models import WorklistMembership
from worklists.permissions import check_administers, check_may_give_roles
from worklists.services.common import (
    check_an_administrator_stays,
    check_role_is_of,
    given,
    has_administrator,
    locked,
    standing,
)


@transaction.atomic
def add_account_member(
    *, account: Account, user: User, role: Role, by: User | None, every_worklist: bool = False
) -> AccountMembership:
    account = locked(account)
    may_give = check_administers(by, account)
    check_role_is_of(account, role)
    check_may_give_roles(may_give, {role.pk}, account)
    if AccountMembership.objects.filter(account=account, user=user).exists():
        raise ValidationError("This person is already a member of the account.", code="member")
    membership = AccountMembership.objects.create(
        account=account, user=user, role=role, every_worklist=every_worklist
    )
    record(
        Action.MEMBER_ADD,
        by=by,
        on=on_account(account, **about(user), role=role.name, every_worklist=every_worklist),
    )
    access.sync(account=account, users=[user.pk])
    return membership


@transaction.atomic
def change_account_member(
    *,
    membership: AccountMembership,
    by: User | None,
    role: Role | None = None,
    every_worklist: bool | None = None,
) -> AccountMembership:
    """Another role, or every worklist or not. Leaving and coming back are deeds of their own."""
    account, membership = _held(membership)
    may_give = check_administers(by, account)
    check_role_is_of(account, role)
    before, had = standing(account, user_id=membership.user_id), has_administrator(account)
    detail: dict[str, Any] = {}
    if role is not None and role.pk != membership.role_id:
        detail |= {"role": role.name, "was_role": membership.role.name}
        membership.role = role
    if every_worklist is not None and every_worklist != membership.every_worklist:
        detail["every_worklist"] = membership.every_worklist = every_worklist
    if not detail:
        return membership
    membership.save(update_fields=["role", "every_worklist"])
    gives = given(before, standing(account, user_id=membership.user_id))
    check_may_give_roles(may_give, gives | ({membership.role_id} if "role" in detail else set()), account)
    check_an_administrator_stays(account, had=had)
    record(Action.MEMBER_CHANGE, by=by, on=on_account(account, **about(membership.user), **detail))
    access.sync(account=account, users=[membership.user_id])
    return membership


@transaction.atomic
def reactivate_member(*, membership: AccountMembership, by: User | None) -> AccountMembership:
    """An inactive member comes back, with the role and the worklists of before."""
    account, membership = _held(membership)
    may_give = check_administers(by, account)
    if membership.active:
        return membership
    membership.active = True
    membership.save(update_fields=["active"])
    gives = given(set(), standing(account, user_id=membership.user_id))
    check_may_give_roles(may_give, gives | {membership.role_id}, account)
    record(Action.MEMBER_CHANGE, by=by, on=on_account(account, **about(membership.user), active=True))
    access.sync(account=account, users=[membership.user_id])
    return membership


@transaction.atomic
def deactivate_member(*, membership: AccountMembership, by: User | None) -> AccountMembership:
    """Make a membership inactive: its rows stay, its rights go.

    Half of leaving: the physician shares this account gave the person end with it. So nothing but
    `sharing.services.leave_account` calls this, which does both in one transaction.
    """
    account, membership = _held(membership)
    check_administers(by, account)
    if not membership.active:
        return membership
    had = has_administrator(account)
    membership.active = False
    membership.save(update_fields=["active"])
    check_an_administrator_stays(account, had=had)
    record(Action.MEMBER_LEAVE, by=by, on=on_account(account, **about(membership.user), inactive=True))
    access.sync(account=account, users=[membership.user_id])
    return membership


@transaction.atomic
def remove_member(*, membership: AccountMembership, by: User | None) -> None:
    """Take the membership away with its worklist memberships; the other way of leaving.

    As with `deactivate_member`, `sharing.services.leave_account` is the one that calls this.
    """
    account, membership = _held(membership)
    check_administers(by, account)
    had, user = has_administrator(account), membership.user
    WorklistMembership.objects.filter(account=account, user=user).delete()
    membership.delete()
    check_an_administrator_stays(account, had=had)
    record(Action.MEMBER_LEAVE, by=by, on=on_account(account, **about(user)))
    access.sync(account=account, users=[user.pk])


def _held(membership: AccountMembership) -> tuple[Account, AccountMembership]:
    """The account, then the membership, both locked and as they are now."""
    account = locked(membership.account_id)
    now = AccountMembership.objects.select_for_update(of=("self",)).select_related("user", "role")
    return account, now.get(pk=membership.pk)
