"""A role takes the place of another for all who have it: rights are lost at once, and gained worklist by worklist."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import Account, AccountMembership, Role, User
from accounts.queue import poke
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from audit.services import event, record, record_all
from common.exceptions import Row, still_there
from worklists import access
from worklists.events import about, acting_as, on_account, on_worklist
from worklists.models import (
    InvitedMembership,
    InvitedWorklist,
    RoleReplacement,
    Worklist,
    WorklistMembership,
    WorklistRole,
)
from worklists.permissions import check_administers, check_may_give_roles
from worklists.services.common import (
    check_an_administrator_stays,
    check_not_being_replaced,
    check_role_is_of,
    has_administrator,
    locked,
)

# A transaction of the worker holds the account's lock: with 5,000 people on every worklist, for about half a second.
WORKLISTS_AT_ONCE = 4


@transaction.atomic
def replace_role(*, role: Role, other: Role, by: Actor) -> RoleReplacement:
    """Give all who have a role another in its place: members, worklists' defaults and waiting invitations.

    On worklists, the rights that only the replaced role has are gone when this returns; the worker then moves people
    to the other role's groups (`carry_on_replacements`), and only that gives them any. Whom an account role lets
    administer, and share on from a personal worklist, follows from the rows at once.
    """
    if role.account_id is None:
        check_administers(by, None)
        raise ValidationError(_("The platform’s own roles cannot be replaced."), code="platform")
    account = locked(role.account_id)
    may_give = check_administers(by, account)
    check_role_is_of(account, other)
    role, other = still_there(Role.objects.all(), role.pk), still_there(Role.objects.all(), other.pk)
    if role == other:
        raise ValidationError(_("Choose a role other than the one you are replacing."), code="same")
    check_not_being_replaced(account)
    check_may_give_roles(may_give, {other.pk}, account)
    had, holders = has_administrator(account), _held(role)
    record_all(_changes(account, holders, role, other, by))
    offers = _give(role, other)
    access.narrow(role, to=other, members=[member.user_id for member in holders.members])
    check_an_administrator_stays(account, had=had)
    detail = {"role_id": role.pk, "role": role.name, "new_role_id": other.pk, "new_role": other.name}
    numbers = {
        "people": len(holders.members), "own_roles": len(holders.places),
        "defaults": len(holders.defaults), "offers": offers,
    }  # fmt: skip
    record(Action.ROLE_REPLACE, by=by, on=on_account(account, **detail, **numbers))
    poke("worklists.replace_roles")
    n_worklists = WorklistRole.objects.filter(role=role).count()
    return RoleReplacement.objects.create(account=account, role=role, other=other, n_worklists=n_worklists)


def narrow_again(other: Role) -> None:
    """After a change of a role that is taking another's place: people not moved yet lose rights with it, at once.

    The worker begins again: it gives back the rights of people who were given the replaced role since.
    """
    for replacement in RoleReplacement.objects.running().filter(other=other).select_related("role"):
        access.narrow(replacement.role, to=other)
        RoleReplacement.objects.filter(pk=replacement.pk).update(reached=0, n_done=0)


def carry_on_replacements() -> None:
    """Move people to the roles that took the place of theirs, some worklists a transaction.

    Called again after an interruption it continues where it stopped; two at once take turns.
    """
    waiting = RoleReplacement.objects.running().order_by("pk")
    for replacement, account in waiting.values_list("pk", "account_id"):
        while _step(replacement, account):
            pass


@transaction.atomic
def _step(pk: int, account_id: int) -> bool:
    """The next step, and whether there was a next step."""
    account = locked(account_id)
    replacement = RoleReplacement.objects.running().filter(pk=pk).first()
    if replacement is None:
        return False
    groups = WorklistRole.objects.filter(role=replacement.role_id, worklist__gt=replacement.reached)
    due = list(groups.order_by("worklist").values_list("worklist", flat=True)[:WORKLISTS_AT_ONCE])
    rows = RoleReplacement.objects.filter(pk=pk)
    if not due:
        rows.update(ended_at=Now())
        return False
    access.sync(account=account, worklists=due)
    rows.update(reached=due[-1], n_done=replacement.n_done + len(due))
    return True


@dataclass(frozen=True)
class _Holders:
    members: list[AccountMembership]
    places: list[WorklistMembership]
    defaults: list[Worklist]


def _held(role: Role) -> _Holders:
    """Who and what has the role, locked: people, then memberships, then worklists, each by ascending id.

    A press that shares with a member locks person and membership too, so each kind is locked by a statement of its own.
    """
    people = User.objects.filter(account_memberships__role=role).order_by("pk")
    list(people.select_for_update(of=("self",), no_key=True).values_list("pk"))
    members = AccountMembership.objects.filter(role=role).select_related("user")
    places = WorklistMembership.objects.filter(role=role)
    places = places.select_related("user", "worklist__account", "worklist__owner")
    defaults = Worklist.objects.filter(default_role=role).with_names()
    return _Holders(_locked(members), _locked(places), _locked(defaults))


def _locked(rows: QuerySet[Row]) -> list[Row]:
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))


def _give(role: Role, other: Role) -> int:
    """Write the other role in place of the role; how many waiting invitations offered it."""
    AccountMembership.objects.filter(role=role).update(role=other)
    WorklistMembership.objects.filter(role=role).update(role=other)
    Worklist.objects.filter(default_role=role).update(default_role=other)
    offered = Q(role=role) | Q(worklists__role=role)
    offers = InvitedMembership.objects.filter(offered).distinct().count()
    InvitedMembership.objects.filter(role=role).update(role=other)
    InvitedWorklist.objects.filter(role=role).update(role=other)
    return offers


def _changes(account: Account, holders: _Holders, role: Role, other: Role, by: Actor) -> Iterator[AuditEvent]:
    """The event of each change, as if it had been made alone, so that a person's history has no gap."""
    detail = {**acting_as(other), "was_role": role.name}
    for member in holders.members:
        yield event(Action.MEMBER_CHANGE, by=by, on=on_account(account, **about(member.user), **detail))
    for place in holders.places:
        on = on_worklist(place.worklist, **about(place.user), **detail)
        yield event(Action.WORKLIST_MEMBER_CHANGE, by=by, on=on)
    for worklist in holders.defaults:
        yield event(
            Action.WORKLIST_CHANGE,
            by=by,
            on=on_worklist(worklist, default_role=other.name, default_role_id=other.pk),
        )
