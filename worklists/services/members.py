"""Who belongs to an account, and with which role. Only here are account memberships written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, AccountMembership, Role, User
from audit.actions import Action
from audit.actor import Actor, Kind
from audit.models import AuditEvent
from audit.services import event, record, record_all
from common.exceptions import still_there
from worklists import access
from worklists.events import about, acting_as, on_account, on_worklist
from worklists.models import Worklist, WorklistMembership
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
    *, account: Account, user: User, role: Role, by: Actor, every_worklist: bool = False
) -> AccountMembership:
    """A membership without an offer, where the person's agreement needs no asking: in the demo's data and in tests."""
    account = locked(account)
    may_give = check_administers(by, account)
    check_role_is_of(account, role)
    check_may_give_roles(may_give, {role.pk}, account)
    if AccountMembership.objects.filter(account=account, user=user).exists():
        raise ValidationError(_("This person is already a member of the account."), code="member")
    membership = AccountMembership.objects.create(
        account=account, user=user, role=role, every_worklist=every_worklist
    )
    record(
        Action.MEMBER_ADD,
        by=by,
        on=on_account(account, **about(user), **acting_as(role), every_worklist=every_worklist),
    )
    access.sync(account=account, users=[user.pk])
    return membership


@dataclass(frozen=True)
class Enrolment:
    """A person who becomes a member: by whom, with which role, on which worklists with which role of their own."""

    user: User
    role: Role
    by: Actor
    every_worklist: bool = False
    worklists: Sequence[tuple[Worklist, Role | None]] = ()
    # For the audit's detail, such as who invited them.
    detail: dict[str, Any] = field(default_factory=dict)


def enrol(account: Account, people: Sequence[Enrolment]) -> None:
    """Write memberships that were checked, many at once; the caller holds the account's lock."""
    AccountMembership.objects.bulk_create(
        AccountMembership(
            account=account, user=person.user, role=person.role, every_worklist=person.every_worklist
        )
        for person in people
    )
    WorklistMembership.objects.bulk_create(
        WorklistMembership(account=account, user=person.user, worklist=worklist, role=role)
        for person in people
        for worklist, role in person.worklists
    )
    record_all(joined for person in people for joined in _enrolled(account, person))
    access.sync(account=account, users=[person.user.pk for person in people])


def _enrolled(account: Account, person: Enrolment) -> list[AuditEvent]:
    detail = {**acting_as(person.role), "every_worklist": person.every_worklist, **person.detail}
    joined = event(Action.MEMBER_ADD, by=person.by, on=on_account(account, **about(person.user), **detail))
    return [
        joined,
        *(
            event(
                Action.WORKLIST_MEMBER_ADD,
                by=person.by,
                on=on_worklist(worklist, **about(person.user), **acting_as(role)),
            )
            for worklist, role in person.worklists
        ),
    ]


@transaction.atomic
def change_account_member(
    *,
    membership: AccountMembership,
    by: Actor,
    role: Role | None = None,
    every_worklist: bool | None = None,
) -> AccountMembership:
    """Another role, or every worklist or not. Leaving and coming back have services of their own."""
    account, membership = held_membership(membership)
    may_give = check_administers(by, account)
    check_role_is_of(account, role)
    before, had = standing(account, user_id=membership.user_id), has_administrator(account)
    detail: dict[str, Any] = {}
    if role is not None and role.pk != membership.role_id:
        detail |= {**acting_as(role), "was_role": membership.role.name}
        membership.role = role
    if every_worklist is not None and every_worklist != membership.every_worklist:
        detail["every_worklist"] = membership.every_worklist = every_worklist
    if not detail:
        return membership
    membership.save(update_fields=["role", "every_worklist"])
    gives = given(before, standing(account, user_id=membership.user_id))
    # Every worklist means later worklists as well, where the account role counts.
    gives |= {membership.role_id} if "role" in detail or detail.get("every_worklist") else set()
    check_may_give_roles(may_give, gives, account)
    check_an_administrator_stays(account, had=had)
    record(Action.MEMBER_CHANGE, by=by, on=on_account(account, **about(membership.user), **detail))
    access.sync(account=account, users=[membership.user_id])
    return membership


@transaction.atomic
def reactivate_member(*, membership: AccountMembership, by: Actor) -> AccountMembership:
    """An inactive member comes back, with the role and the worklists of before."""
    account, membership = held_membership(membership)
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
def deactivate_member_without_shares(*, membership: AccountMembership, by: Actor) -> AccountMembership:
    """Make a membership inactive: its rows stay, its rights go.

    A part of leaving: the physician shares this account gave the person end with it. So only
    `sharing.services.leave_account` calls this, and does both in one transaction.
    """
    account, membership = held_membership(membership)
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
def remove_member_without_shares(*, membership: AccountMembership, by: Actor) -> None:
    """Take the membership away with its worklist memberships: by an administrator, or by the person themselves.

    As with `deactivate_member_without_shares`, only `sharing.services.leave_account` calls this.
    """
    account, membership = held_membership(membership)
    if by.kind is not Kind.USER or by.user_id != membership.user_id:
        check_administers(by, account)
    had, user = has_administrator(account), membership.user
    WorklistMembership.objects.filter(account=account, user=user).delete()
    membership.delete()
    check_an_administrator_stays(account, had=had)
    record(Action.MEMBER_LEAVE, by=by, on=on_account(account, **about(user)))
    access.sync(account=account, users=[user.pk])


def held_membership(membership: AccountMembership) -> tuple[Account, AccountMembership]:
    """The account, then the person, then the membership, locked and as they are now.

    The person's row may change with the membership (`is_staff`), and a share to them locks it first as well.
    """
    account = locked(membership.account_id)
    list(User.objects.filter(pk=membership.user_id).select_for_update(no_key=True).values_list("pk"))
    now = AccountMembership.objects.select_for_update(of=("self",)).select_related("user", "role")
    return account, still_there(now, membership.pk)
