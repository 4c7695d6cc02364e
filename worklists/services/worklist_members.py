"""Who belongs to a location or group, with a role of its own there or the worklist's default."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, AccountMembership, Role, User
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record, record_all
from worklists import access
from worklists.events import about, acting_as, on_worklist
from worklists.models import Worklist, WorklistMembership
from worklists.permissions import check_administers, check_may_give_roles
from worklists.services.common import EffectiveRoles, check_role_is_of, given, locked, standing
from worklists.services.worklists import GONE

REMOVED = gettext_noop("This membership was removed a moment ago.")
NO_ONE_CHOSEN = gettext_noop("Choose at least one person.")
MOST_AT_ONCE = 200


@transaction.atomic
def add_worklist_member(
    *, worklist: Worklist, user: User, by: Actor, role: Role | None = None
) -> WorklistMembership:
    [membership] = add_worklist_members(worklist=worklist, users=[user], role=role, by=by)
    return membership


@transaction.atomic
def add_worklist_members(
    *, worklist: Worklist, users: Sequence[User], by: Actor, role: Role | None = None
) -> list[WorklistMembership]:
    """Several at once, under one role of their own or (None) the default: all of them or, with a sentence, no one."""
    if worklist.account_id is None:
        check_administers(by, None)
        raise ValidationError(_("A personal worklist has one member, its owner."), code="personal")
    account = locked(worklist.account_id)
    may_give = check_administers(by, account)
    check_role_is_of(account, role)
    worklist = _still_there(worklist)
    users = sorted({user.pk: user for user in users}.values(), key=lambda user: user.pk)
    _check_can_join(worklist, users)
    alone = users[0].pk if len(users) == 1 else None
    before = standing(account, user_id=alone, worklist_id=worklist.pk)
    made = WorklistMembership.objects.bulk_create(
        WorklistMembership(worklist=worklist, user=user, account=account, role=role) for user in users
    )
    after = standing(account, user_id=alone, worklist_id=worklist.pk)
    gives = given(before, after) | ({role.pk} if role is not None else set())
    check_may_give_roles(may_give, gives, account)
    access.sync(account=account, worklists=[worklist.pk], users=[user.pk for user in users])
    record_all(
        event(Action.WORKLIST_MEMBER_ADD, by=by, on=on_worklist(worklist, **about(user), **acting_as(role)))
        for user in users
    )
    return made


def _still_there(worklist: Worklist) -> Worklist:
    """The worklist as it is now. Under the account's lock it cannot be deleted before the transaction ends."""
    row = Worklist.objects.with_names().filter(pk=worklist.pk).first()
    if row is None:
        raise ValidationError(_(GONE), code="gone")
    return row


def _check_can_join(worklist: Worklist, users: Sequence[User]) -> None:
    if not users:
        raise ValidationError(_(NO_ONE_CHOSEN), code="nobody")
    if len(users) > MOST_AT_ONCE:
        sentence = _("At most %(most)s people can be added at once.")
        raise ValidationError(sentence % {"most": MOST_AT_ONCE}, code="many")
    pks = [user.pk for user in users]
    members = AccountMembership.objects.filter(account=worklist.account_id, user__in=pks)
    if members.count() < len(pks):
        raise ValidationError(
            _("Only a member of the account can be a member of its worklists."), code="outsider"
        )
    there = WorklistMembership.objects.filter(worklist=worklist, user__in=pks)
    if len(users) == 1 and there.exists():
        raise ValidationError(_("This person is already a member of the worklist."), code="member")
    if already := sorted(there.values_list("user__name", flat=True)):
        sentence = _("Already members of the worklist: %(names)s.")
        raise ValidationError(sentence % {"names": ", ".join(already)}, code="member")


@transaction.atomic
def change_worklist_member(
    *, membership: WorklistMembership, role: Role | None, by: Actor
) -> WorklistMembership:
    """A role of its own, or (None) the worklist's default or the account role again."""
    account, membership = _held(membership)
    may_give = check_administers(by, account)
    check_role_is_of(account, role)
    if membership.role == role:
        return membership
    before = standing(account, user_id=membership.user_id, worklist_id=membership.worklist_id)
    detail = {**acting_as(role), "was_role": _name(membership.role)}
    membership.role = role
    membership.save(update_fields=["role"])
    _check_given(account, membership, before, may_give)
    on = on_worklist(membership.worklist, **about(membership.user), **detail)
    record(Action.WORKLIST_MEMBER_CHANGE, by=by, on=on)
    access.sync(account=account, worklists=[membership.worklist_id], users=[membership.user_id])
    return membership


@transaction.atomic
def remove_worklist_member(*, membership: WorklistMembership, by: Actor) -> None:
    account, membership = _held(membership)
    may_give = check_administers(by, account)
    before = standing(account, user_id=membership.user_id, worklist_id=membership.worklist_id)
    WorklistMembership.objects.filter(pk=membership.pk).delete()
    # A person with every worklist acts by the account role again, which may give more than the removed role.
    _check_given(account, membership, before, may_give)
    record(
        Action.WORKLIST_MEMBER_REMOVE, by=by, on=on_worklist(membership.worklist, **about(membership.user))
    )
    access.sync(account=account, worklists=[membership.worklist_id], users=[membership.user_id])


def _held(membership: WorklistMembership) -> tuple[Account, WorklistMembership]:
    """The account, then the membership, both locked and as they are now."""
    account = locked(membership.account_id)
    now = WorklistMembership.objects.select_for_update(of=("self",))
    rows = now.select_related("user", "role", "worklist__account", "worklist__owner")
    row = rows.filter(pk=membership.pk).first()
    if row is None:
        raise ValidationError(_(REMOVED), code="gone")
    return account, row


def _check_given(
    account: Account, membership: WorklistMembership, before: EffectiveRoles, may_give: frozenset[str]
) -> None:
    """After the write: no one was given what the giver lacks."""
    after = standing(account, user_id=membership.user_id, worklist_id=membership.worklist_id)
    gives = given(before, after) | ({membership.role_id} if membership.role_id is not None else set())
    check_may_give_roles(may_give, gives, account)


def _name(role: Role | None) -> str:
    return role.name if role is not None else ""
