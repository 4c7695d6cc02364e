"""Locations and groups, their share codes and their front door. Personal worklists make themselves."""

from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts.models import Account, Role, User
from audit.actions import Action
from audit.services import record
from worklists import access, codes
from worklists.events import on_worklist
from worklists.models import Worklist
from worklists.permissions import check_administers, check_may_give_roles
from worklists.services.common import check_role_is_of, given, locked, standing, tidy_text


class Keep:
    """Says "leave it as it is" where None has a meaning of its own."""


KEEP: Final = Keep()
CODE_TAKEN = "This share code is taken. Choose another."


@transaction.atomic
def add_worklist(
    *,
    account: Account,
    kind: str,
    name: str,
    by: User | None,
    description: str = "",
    share_code: str | None = None,
    is_front_door: bool = False,
    default_role: Role | None = None,
    takes_shares: bool = True,
    needs_approval: bool = False,
) -> Worklist:
    """A new location or group; members with every worklist have their rights on it at once."""
    account = locked(account)
    may_give = check_administers(by, account)
    check_role_is_of(account, default_role)
    if default_role is not None:
        check_may_give_roles(may_give, {default_role.pk}, account)
    if kind not in (Worklist.Kind.LOCATION, Worklist.Kind.GROUP):
        raise ValidationError("A worklist is a location or a group.", code="kind")
    worklist = Worklist(
        account=account,
        kind=kind,
        name=tidy_text(name, what="A worklist's name", longest=200),
        description=tidy_text(description, what="A description", longest=500, may_be_empty=True),
        share_code=_free_code(share_code),
        is_front_door=is_front_door,
        default_role=default_role,
        takes_shares=takes_shares,
        needs_approval=needs_approval,
    )
    _check_name_is_free(worklist)
    _move_front_door(worklist, by=by)
    _write(worklist)
    detail = {"kind": kind, "default_role": default_role.name if default_role is not None else ""}
    record(Action.WORKLIST_ADD, by=by, on=on_worklist(worklist, **detail))
    if worklist.share_code:
        record(
            Action.CODE_CHANGE,
            by=by,
            on=on_worklist(worklist, code=worklist.share_code, front_door=is_front_door),
        )
    access.sync(account=account, worklists=[worklist.pk])
    return worklist


@transaction.atomic
def change_worklist(
    *,
    worklist: Worklist,
    by: User | None,
    name: str | Keep = KEEP,
    description: str | Keep = KEEP,
    share_code: str | Keep | None = KEEP,
    is_front_door: bool | Keep = KEEP,
    default_role: Role | Keep | None = KEEP,
    takes_shares: bool | Keep = KEEP,
    needs_approval: bool | Keep = KEEP,
) -> Worklist:
    """Change what is given and leave the rest. An account has one front door: making one moves it."""
    if worklist.account_id is None:
        check_administers(by, None)
        raise ValidationError("A personal worklist is its owner's and has nothing to set.", code="personal")
    account = locked(worklist.account_id)
    may_give = check_administers(by, account)
    worklist = _held(worklist)
    before = standing(account, worklist_id=worklist.pk)
    changed: dict[str, Any] = {}

    def put(field: str, value: Any) -> None:
        if getattr(worklist, field) != value:
            changed[field] = value
            setattr(worklist, field, value)

    if not isinstance(name, Keep):
        put("name", tidy_text(name, what="A worklist's name", longest=200))
        _check_name_is_free(worklist)
    if not isinstance(description, Keep):
        put("description", tidy_text(description, what="A description", longest=500, may_be_empty=True))
    if not isinstance(share_code, Keep):
        put("share_code", _free_code(share_code, but=worklist))
    if not isinstance(default_role, Keep):
        check_role_is_of(account, default_role)
        put("default_role", default_role)
    for field, value in (
        ("is_front_door", is_front_door), ("takes_shares", takes_shares), ("needs_approval", needs_approval)
    ):  # fmt: skip
        if not isinstance(value, Keep):
            put(field, value)
    if not changed:
        return worklist
    _move_front_door(worklist, by=by)
    _write(worklist, update_fields=list(changed))
    if "default_role" in changed:
        gives = given(before, standing(account, worklist_id=worklist.pk))
        own = {default_role.pk} if isinstance(default_role, Role) else set()
        check_may_give_roles(may_give, gives | own, account)
        access.sync(account=account, worklists=[worklist.pk])
    _record_change(worklist, changed, by=by)
    return worklist


def _held(worklist: Worklist) -> Worklist:
    """The worklist locked and as it is now, and with it, in ascending order, the front door that may have to move."""
    rows = Worklist.objects.select_for_update(of=("self",)).select_related("account", "default_role", "owner")
    both = Q(pk=worklist.pk) | Q(account=worklist.account_id, is_front_door=True)
    return next(row for row in rows.filter(both).order_by("pk") if row.pk == worklist.pk)


def _write(worklist: Worklist, *, update_fields: list[str] | None = None) -> None:
    """Codes are the whole platform's, and another account may have taken this one a moment ago."""
    try:
        with transaction.atomic():
            worklist.save(update_fields=update_fields)
    except IntegrityError as error:
        if "a_share_code_is_used_once_on_the_platform" not in str(error):
            raise
        raise ValidationError(CODE_TAKEN, code="taken") from error


def _record_change(worklist: Worklist, changed: dict[str, Any], *, by: User | None) -> None:
    if changed.keys() & {"share_code", "is_front_door"}:
        detail = {"code": worklist.share_code or "", "front_door": worklist.is_front_door}
        record(Action.CODE_CHANGE, by=by, on=on_worklist(worklist, **detail))
    rest = {field: value for field, value in changed.items() if field not in ("share_code", "is_front_door")}
    if rest:
        if "default_role" in rest:
            rest["default_role"] = rest["default_role"].name if rest["default_role"] is not None else ""
        record(Action.WORKLIST_CHANGE, by=by, on=on_worklist(worklist, **rest))


def _free_code(typed: str | None, *, but: Worklist | None = None) -> str | None:
    """The code as it is stored; None for none."""
    if not typed or not typed.strip():
        return None
    code = codes.tidy(typed)
    if not codes.well_formed(code):
        raise ValidationError(
            f"A share code has {codes.SHORTEST} to {codes.LONGEST} letters and digits.", code="share_code"
        )
    others = Worklist.objects.filter(share_code=code)
    if (others.exclude(pk=but.pk) if but is not None else others).exists():
        raise ValidationError(CODE_TAKEN, code="taken")
    return code


def _check_name_is_free(worklist: Worklist) -> None:
    same = Worklist.objects.filter(account=worklist.account, kind=worklist.kind, name__iexact=worklist.name)
    if same.exclude(pk=worklist.pk).exists():
        raise ValidationError(
            f"There is already a {worklist.kind} of this name in the account.", code="taken"
        )


def _move_front_door(worklist: Worklist, *, by: User | None) -> None:
    """Before a front door is written: it has a code, and the one that was it no longer is."""
    if not worklist.is_front_door:
        return
    if worklist.share_code is None:
        raise ValidationError("A front door needs a share code.", code="front_door")
    others = Worklist.objects.filter(account=worklist.account, is_front_door=True).exclude(pk=worklist.pk)
    for other in others.select_related("account"):
        other.is_front_door = False
        other.save(update_fields=["is_front_door"])
        record(
            Action.CODE_CHANGE, by=by, on=on_worklist(other, code=other.share_code or "", front_door=False)
        )
