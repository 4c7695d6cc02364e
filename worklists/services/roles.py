"""Roles: named sets of permissions. Only here are they written."""

from collections.abc import Collection

from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils.translation import gettext as _

from accounts.models import Account, Role
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record, record_all
from common.exceptions import still_there
from common.names import check_name_is_free, tidy_identity
from worklists import access, shipped_roles
from worklists.events import on_account
from worklists.permission_texts import recorded_labels
from worklists.permissions import brings, check_administers, check_may_give
from worklists.selectors import why_role_stays
from worklists.services.common import (
    check_an_administrator_stays,
    check_not_being_replaced,
    has_administrator,
    locked,
)
from worklists.services.replacements import narrow_again


@transaction.atomic
def add_role(*, account: Account, name: str, by: Actor, permissions: Collection[str] = ()) -> Role:
    """A new role; empty unless permissions are given: deny by default."""
    account = locked(account)
    may_give = check_administers(by, account)
    rows = _permissions(set(permissions), platform=False)
    check_may_give(may_give, permissions, account)
    role = Role.objects.create(account=account, name=_free_name(account, name))
    role.permissions.add(*rows)
    added = recorded_labels(permissions)
    on = on_account(account, role_id=role.pk, role=role.name, added=added, ticked=sorted(permissions))
    record(Action.ROLE_ADD, by=by, on=on)
    return role


@transaction.atomic
def change_role(
    *, role: Role, by: Actor, permissions: Collection[str] | None = None, name: str | None = None
) -> Role:
    """Tick and untick, or rename. A ticked permission touches the groups of this role and nothing else."""
    account = locked(role.account_id) if role.account_id is not None else None
    may_give = check_administers(by, account)
    role = still_there(Role.objects.select_for_update(no_key=True), role.pk)
    detail: dict[str, object] = {}
    if name is not None and (name := _free_name(account, name, but=role)) != role.name:
        detail["was_named"], role.name = role.name, name
        role.save(update_fields=["name", "identity"])
    if permissions is not None:
        if account is not None:
            check_not_being_replaced(account, role=role)
        before = _ticked(role)
        wanted = set(permissions)
        rows = _permissions(wanted, platform=account is None)
        check_may_give(may_give, brings(before, wanted), account)
        had = account is not None and has_administrator(account)
        if before != wanted:
            detail |= {"added": recorded_labels(wanted - before), "removed": recorded_labels(before - wanted)}
            # Everything that is ticked now, by codename: labels may change, and a replay needs the whole.
            detail["ticked"] = sorted(wanted)
            role.permissions.set(rows)
        if account is not None:
            check_an_administrator_stays(account, had=had)
    if detail:
        record(Action.ROLE_CHANGE, by=by, on=on_account(account, role_id=role.pk, role=role.name, **detail))
    if permissions is not None:
        access.sync_role(role, administers_alike=access.ADMINISTER not in before ^ wanted)
        narrow_again(role)
    return role


@transaction.atomic
def copy_role(*, role: Role, name: str, by: Actor) -> Role:
    """A new role of the same account with the same ticks; no one copies what they may not give."""
    if role.account_id is None:
        check_administers(by, None)
        raise ValidationError(_("The platform’s own roles cannot be copied."), code="platform")
    account = locked(role.account_id)
    may_give = check_administers(by, account)
    role = still_there(Role.objects.all(), role.pk)
    rows = list(role.permissions.all())
    ticks = {row.codename for row in rows}
    check_may_give(may_give, ticks, account)
    made = Role.objects.create(account=account, name=_free_name(account, name))
    made.permissions.add(*rows)
    copied = {"copied_from": role.name, "added": recorded_labels(ticks), "ticked": sorted(ticks)}
    on = on_account(account, role_id=made.pk, role=made.name, **copied)
    record(Action.ROLE_ADD, by=by, on=on)
    return made


@transaction.atomic
def remove_role(*, role: Role, by: Actor) -> None:
    """Remove a role that no one holds; a role in use, or of the platform, is refused."""
    if role.account_id is None:
        check_administers(by, None)
        raise ValidationError(_("The platform’s own roles cannot be deleted."), code="platform")
    account = locked(role.account_id)
    check_administers(by, account)
    role = still_there(Role.objects.select_for_update(), role.pk)
    check_not_being_replaced(account, role=role)
    check_not_being_replaced(account, other=role)
    on = on_account(account, role_id=role.pk, role=role.name)
    try:
        role.delete()
    except ProtectedError as error:
        why = " ".join([_("This role is in use and cannot be deleted."), *why_role_stays(role)])
        raise ValidationError(why, code="in_use") from error
    record(Action.ROLE_REMOVE, by=by, on=on)


def make_shipped_roles(account: Account, *, by: Actor) -> None:
    """The roles a new account begins with, in a few statements; its service has checked."""
    roles = Role.objects.bulk_create(Role(account=account, name=name) for name in shipped_roles.SHIPPED_ROLES)
    rows = {
        row.codename: row
        for row in _permissions(set(shipped_roles.SHIPPED_ROLES["Administrator"]), platform=False)
    }
    Ticked = Role.permissions.through
    Ticked.objects.bulk_create(
        Ticked(role_id=role.pk, permission_id=rows[codename].pk)
        for role in roles
        for codename in shipped_roles.SHIPPED_ROLES[role.name]
    )
    record_all(
        event(
            Action.ROLE_ADD,
            by=by,
            on=on_account(
                account, role_id=role.pk, role=role.name, added=recorded_labels(ticked), ticked=sorted(ticked)
            ),
        )
        for role, ticked in zip(roles, shipped_roles.SHIPPED_ROLES.values(), strict=True)
    )


def _free_name(account: Account | None, name: str, *, but: Role | None = None) -> str:
    name = tidy_identity(name, what=_("A role's name"), longest=100)
    roles = Role.objects.filter(account=account)
    others = roles.exclude(pk=but.pk) if but is not None else roles
    check_name_is_free(name, others, _("There is already a role named “%(name)s”. Choose another name."))
    return name


def _permissions(codenames: set[str], *, platform: bool) -> list[Permission]:
    """The permission rows; the platform's roles cannot have the right to administer an account."""
    wanted = Q(content_type__app_label="worklists", content_type__model="worklist")
    if not platform:
        wanted |= Q(content_type__app_label="accounts", codename__in=access.ACCOUNT_CODENAMES)
    rows = list(Permission.objects.filter(wanted, codename__in=codenames))
    if len(rows) != len(codenames):
        raise ValidationError(_("There is no such permission."), code="unknown")
    return rows


def _ticked(role: Role) -> set[str]:
    return set(role.permissions.values_list("codename", flat=True))
