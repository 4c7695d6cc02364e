"""Who belongs to a location or group, with a role of its own there or the worklist's default."""

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import Account, AccountMembership, Role, User
from audit.actions import Action
from audit.services import record
from worklists import access
from worklists.events import about, on_worklist
from worklists.models import Worklist, WorklistMembership
from worklists.permissions import check_administers, check_may_give_roles
from worklists.services.common import Standing, check_role_is_of, given, locked, standing


@transaction.atomic
def add_worklist_member(
    *, worklist: Worklist, user: User, by: User | None, role: Role | None = None
) -> WorklistMembership:
    if worklist.account_id is None:
        check_administers(by, None)
        raise ValidationError("A personal worklist has one member, its owner.", code="personal")
    account = locked(worklist.account_id)
    may_give = check_administers(by, account)
    check_role_is_of(account, role)
    before = standing(account, user_id=user.pk, worklist_id=worklist.pk)
    if not AccountMembership.objects.filter(account=account, user=user).exists():
        raise ValidationError(
            "Only a member of the account can be a member of its worklists.", code="outsider"
        )
    if WorklistMembership.objects.filter(worklist=worklist, user=user).exists():
        raise ValidationError("This person is already a member of the worklist.", code="member")
    membership = WorklistMembership.objects.create(worklist=worklist, user=user, account=account, role=role)
    _follow(account, membership, before, may_give)
    record(
        Action.WORKLIST_MEMBER_ADD,
        by=by,
        on=on_worklist(membership.worklist, **about(user), role=_name(role)),
    )
    return membership


@transaction.atomic
def change_worklist_member(
    *, membership: WorklistMembership, role: Role | None, by: User | None
) -> WorklistMembership:
    """A role of its own, or (None) the worklist's default or the account role again."""
    account, membership = _held(membership)
    may_give = check_administers(by, account)
    check_role_is_of(account, role)
    if membership.role == role:
        return membership
    before = standing(account, user_id=membership.user_id, worklist_id=membership.worklist_id)
    detail = {"role": _name(role), "was_role": _name(membership.role)}
    membership.role = role
    membership.save(update_fields=["role"])
    _follow(account, membership, before, may_give)
    on = on_worklist(membership.worklist, **about(membership.user), **detail)
    record(Action.WORKLIST_MEMBER_CHANGE, by=by, on=on)
    return membership


@transaction.atomic
def remove_worklist_member(*, membership: WorklistMembership, by: User | None) -> None:
    account, membership = _held(membership)
    may_give = check_administers(by, account)
    before = standing(account, user_id=membership.user_id, worklist_id=membership.worklist_id)
    WorklistMembership.objects.filter(pk=membership.pk).delete()
    # Who has every worklist falls back on the account role, which may be more than the one taken away.
    _follow(account, membership, before, may_give)
    record(
        Action.WORKLIST_MEMBER_REMOVE, by=by, on=on_worklist(membership.worklist, **about(membership.user))
    )


def _held(membership: WorklistMembership) -> tuple[Account, WorklistMembership]:
    """The account, then the membership, both locked and as they are now."""
    account = locked(membership.account_id)
    now = WorklistMembership.objects.select_for_update(of=("self",))
    return account, now.select_related("user", "role", "worklist__account", "worklist__owner").get(
        pk=membership.pk
    )


def _follow(
    account: Account, membership: WorklistMembership, before: Standing, may_give: frozenset[str]
) -> None:
    """After the write: nobody was given what the giver lacks, and the groups are in step."""
    after = standing(account, user_id=membership.user_id, worklist_id=membership.worklist_id)
    gives = given(before, after) | ({membership.role_id} if membership.role_id is not None else set())
    check_may_give_roles(may_give, gives, account)
    access.sync(account=account, worklists=[membership.worklist_id], users=[membership.user_id])


def _name(role: Role | None) -> str:
    return role.name if role is not None else ""
