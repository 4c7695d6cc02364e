"""A role takes the place of another for all who have it: rights are lost at once, the rest follows in slices."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.models import AccountMembership, Role, User
from accounts.queue import poke
from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from audit.services import On, event, record, record_all
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
from worklists.permissions import check_administers, check_may_give_roles, ticked_in
from worklists.services.common import (
    check_an_administrator_stays,
    check_not_being_replaced,
    check_role_is_of,
    has_administrator,
    locked,
)

# A transaction of the worker holds the account's lock: with 5,000 people on every worklist, for about half a second.
WORKLISTS_AT_ONCE = 4
# So many rows are written, and their events recorded, in about a fifth of a second.
ROWS_AT_ONCE = 1000


@transaction.atomic
def replace_role(*, role: Role, other: Role, by: Actor) -> RoleReplacement:
    """Give all who have a role another in its place: members, worklists' defaults and waiting invitations.

    Rights that only the replaced role has are gone when this returns: until the end it has only what both allow. The
    worker then writes the rows, a slice at a time, and moves people to the other role's groups, and only that gives
    them any (`carry_on_replacements`). Who has the role by an act after this one keeps it.
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
    label = by.role_label(account.pk, None)
    members, places, defaults = (_keys(rows) for rows in _having(role))
    replacement = RoleReplacement.objects.create(
        account=account, role=role, other=other, by=by.user, ip_address=by.ip_address, role_label=label,
        members=members, places=places, defaults=defaults, n_rows=len(members) + len(places) + len(defaults),
        n_worklists=WorklistRole.objects.filter(role=role).count(),
    )  # fmt: skip
    numbers = {"people": len(members), "own_roles": len(places), "defaults": len(defaults)}
    detail = {"role_id": role.pk, "role": role.name, "new_role_id": other.pk, "new_role": other.name}
    on = on_account(account, **detail, **numbers, offers=_offer(role, other))
    record(Action.ROLE_REPLACE, by=by, on=on)
    access.sync_role(role, administers_alike=True)
    _give_account_rights_at_once(replacement)
    poke("worklists.replace_roles")
    return replacement


def narrow_again(other: Role) -> None:
    """After a change of a role that is taking another's place: people not moved yet lose rights with it, at once."""
    for replacement in RoleReplacement.objects.running().filter(other=other).select_related("role"):
        access.sync_role(replacement.role, administers_alike=True)


def carry_on_replacements() -> None:
    """Give rows and then people the roles that took the place of theirs, some in each transaction.

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
    running = RoleReplacement.objects.running().select_related("account", "role", "other", "by")
    replacement = running.filter(pk=pk).first()
    if replacement is None:
        return False
    rows = RoleReplacement.objects.filter(pk=pk)
    if replacement.n_moved < replacement.n_rows:
        moved = _move_next(replacement)
        rows.update(n_moved=replacement.n_moved + moved, reached=0, n_done=0)
        return True
    groups = WorklistRole.objects.filter(role=replacement.role_id, worklist__gt=replacement.reached)
    due = list(groups.order_by("worklist").values_list("worklist", flat=True)[:WORKLISTS_AT_ONCE])
    if not due:
        rows.update(ended_at=Now())
        # Who was given the role since has all that it allows again.
        access.sync_role(replacement.role, administers_alike=True)
        return False
    access.sync(account=account, worklists=due)
    rows.update(reached=due[-1], n_done=replacement.n_done + len(due))
    return True


def _having(
    role: Role,
) -> tuple[QuerySet[AccountMembership], QuerySet[WorklistMembership], QuerySet[Worklist]]:
    """What has the role: members of the account, members of worklists, and worklists as their default."""
    return (
        AccountMembership.objects.filter(role=role).select_related("user"),
        WorklistMembership.objects.filter(role=role).select_related(
            "user", "worklist__account", "worklist__owner"
        ),
        Worklist.objects.filter(default_role=role).with_names(),
    )


def _keys(rows: QuerySet[Row]) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _offer(role: Role, other: Role) -> int:
    """Waiting invitations offer the other role from now on; how many offered the role."""
    offered = Q(role=role) | Q(worklists__role=role)
    offers = InvitedMembership.objects.filter(offered).distinct().count()
    InvitedMembership.objects.filter(role=role).update(role=other)
    InvitedWorklist.objects.filter(role=role).update(role=other)
    return offers


def _give_account_rights_at_once(replacement: RoleReplacement) -> None:
    """Whom the replaced role lets administer or audit the account: these rights are read from the rows of its members.

    They are few, so their rows are written in the same transaction.
    """
    role = replacement.role
    if access.ACCOUNT_CODENAMES.isdisjoint(ticked_in({role.pk}).get(role.pk, ())):
        return
    had = has_administrator(replacement.account)
    _move_members(replacement, replacement.members)
    check_an_administrator_stays(replacement.account, had=had)
    RoleReplacement.objects.filter(pk=replacement.pk).update(n_moved=len(replacement.members))


def _move_next(replacement: RoleReplacement) -> int:
    """Give the next rows the other role; how many keys were dealt with. A row that has another role by now keeps it."""
    start = replacement.n_moved
    for keys, move in (
        (replacement.members, _move_members),
        (replacement.places, _move_places),
        (replacement.defaults, _move_defaults),
    ):
        if start < len(keys):
            due = keys[start : start + ROWS_AT_ONCE]
            move(replacement, due)
            return len(due)
        start -= len(keys)
    raise AssertionError("A replacement has fewer rows than it counts.")  # allowed: the caller compared


def _move_members(replacement: RoleReplacement, keys: Sequence[int]) -> None:
    """People are locked before their memberships, as by a press that shares with a member."""
    people = User.objects.filter(account_memberships__in=keys).order_by("pk")
    list(people.select_for_update(of=("self",), no_key=True).values_list("pk"))
    members, _places, _defaults = _having(replacement.role)
    rows = _locked(members.filter(pk__in=keys))
    record_all(_events_of_members(replacement, rows))
    AccountMembership.objects.filter(pk__in=[row.pk for row in rows]).update(role=replacement.other)
    access.follow_staff([row.user_id for row in rows])


def _move_places(replacement: RoleReplacement, keys: Sequence[int]) -> None:
    _members, places, _defaults = _having(replacement.role)
    rows = _locked(places.filter(pk__in=keys))
    record_all(_events_of_places(replacement, rows))
    WorklistMembership.objects.filter(pk__in=[row.pk for row in rows]).update(role=replacement.other)


def _move_defaults(replacement: RoleReplacement, keys: Sequence[int]) -> None:
    _members, _places, defaults = _having(replacement.role)
    rows = _locked(defaults.filter(pk__in=keys))
    record_all(_events_of_defaults(replacement, rows))
    Worklist.objects.filter(pk__in=[row.pk for row in rows]).update(default_role=replacement.other)


def _locked(rows: QuerySet[Row]) -> list[Row]:
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))


# The event of each change, as if it had been made alone, so that a person's history has no gap.


def _events_of_members(
    replacement: RoleReplacement, rows: Iterable[AccountMembership]
) -> Iterator[AuditEvent]:
    by, detail = replacement.actor, _detail(replacement)
    for row in rows:
        on = on_account(replacement.account, **about(row.user), **detail)
        yield event(Action.MEMBER_CHANGE, by=by, on=_as_pressed(on, replacement))


def _events_of_places(
    replacement: RoleReplacement, rows: Iterable[WorklistMembership]
) -> Iterator[AuditEvent]:
    by, detail = replacement.actor, _detail(replacement)
    for row in rows:
        on = on_worklist(row.worklist, **about(row.user), **detail)
        yield event(Action.WORKLIST_MEMBER_CHANGE, by=by, on=_as_pressed(on, replacement))


def _events_of_defaults(replacement: RoleReplacement, rows: Iterable[Worklist]) -> Iterator[AuditEvent]:
    by, other = replacement.actor, replacement.other
    for row in rows:
        on = on_worklist(row, default_role=other.name, default_role_id=other.pk)
        yield event(Action.WORKLIST_CHANGE, by=by, on=_as_pressed(on, replacement))


def _detail(replacement: RoleReplacement) -> dict[str, object]:
    return {**acting_as(replacement.other), "was_role": replacement.role.name}


def _as_pressed(on: On, replacement: RoleReplacement) -> On:
    """The role of the person who pressed as it was then."""
    return replace(on, role_label=replacement.role_label)
