"""Locations and groups, their share codes and their front door. Personal worklists are made by a trigger."""

from collections.abc import Callable
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, Role
from accounts.services import limits
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.names import check_name_is_free, tidy_identity
from common.text import identity_of_code, tidy_text
from worklists import access, codes
from worklists.events import acting_as, on_worklist
from worklists.models import Worklist, WorklistMembership
from worklists.permissions import check_administers, check_may_give_roles
from worklists.services.ae_titles import TITLE_TAKEN, tidied_ae_title
from worklists.services.common import check_role_is_of, given, locked, standing, unused_code
from worklists.services.senders import end_senders_of


class Keep:
    """The value for "leave it as it is" where None has a meaning of its own."""


KEEP: Final = Keep()
CODE_TAKEN = gettext_noop("This share code is taken. Choose another.")
GONE = gettext_noop("This worklist was deleted a moment ago.")
ADDRESS_NEEDS_CODE = gettext_noop(
    "The upload address of this worklist needs the share code. Turn the upload address off first."
)
STILL_NEEDED = gettext_noop("This worklist is still in use and cannot be deleted.")
NAME_TAKEN = {
    Worklist.Kind.LOCATION: gettext_noop(
        "There is already a location named “%(name)s” in the account. Choose another name."
    ),
    Worklist.Kind.GROUP: gettext_noop(
        "There is already a group named “%(name)s” in the account. Choose another name."
    ),
}


def add_worklist(
    *,
    account: Account,
    kind: str,
    name: str,
    by: Actor,
    description: str = "",
    share_code: str | None = None,
    is_front_door: bool = False,
    default_role: Role | None = None,
    takes_shares: bool = True,
    needs_approval: bool = False,
    ae_title: str | None = None,
) -> Worklist:
    """A new location or group; members with every worklist have their rights on it at once.

    A typed share code counts against the limit: a refusal discloses that a code is taken.
    """
    _count_typed(share_code, account, by)
    with transaction.atomic():
        account = locked(account)
        may_give = check_administers(by, account)
        check_role_is_of(account, default_role)
        if default_role is not None:
            check_may_give_roles(may_give, {default_role.pk}, account)
        if kind not in (Worklist.Kind.LOCATION, Worklist.Kind.GROUP):
            raise ValidationError(_("A worklist is a location or a group."), code="kind")
        worklist = Worklist(
            account=account,
            kind=kind,
            name=_tidied_name(name),
            description=_tidied_description(description),
            share_code=_free_code(share_code),
            is_front_door=is_front_door,
            default_role=default_role,
            takes_shares=takes_shares,
            needs_approval=needs_approval,
            ae_title=tidied_ae_title(ae_title) or None,
        )
        _check_name_is_free(worklist)
        _move_front_door(worklist, by=by)
        _write(worklist)
        record(Action.WORKLIST_ADD, by=by, on=on_worklist(worklist, kind=kind, **_default(default_role)))
        if worklist.share_code:
            record(
                Action.CODE_CHANGE,
                by=by,
                on=on_worklist(worklist, code=worklist.share_code, front_door=is_front_door),
            )
        access.sync(account=account, worklists=[worklist.pk])
        return worklist


def change_worklist(
    *,
    worklist: Worklist,
    by: Actor,
    name: str | Keep = KEEP,
    description: str | Keep = KEEP,
    share_code: str | Keep | None = KEEP,
    is_front_door: bool | Keep = KEEP,
    default_role: Role | Keep | None = KEEP,
    takes_shares: bool | Keep = KEEP,
    needs_approval: bool | Keep = KEEP,
    ae_title: str | Keep | None = KEEP,
) -> Worklist:
    """Change what is given and leave the rest. An account has one front door: making one moves it.

    A typed share code counts against the limit, as for `add_worklist`.
    """
    given_values: dict[str, Any] = {
        "name": name,
        "description": description,
        "share_code": share_code,
        "default_role": default_role,
        "is_front_door": is_front_door,
        "takes_shares": takes_shares,
        "needs_approval": needs_approval,
        "ae_title": ae_title,
    }
    if worklist.account is not None and not isinstance(share_code, Keep):
        _count_typed(share_code, worklist.account, by)
    return _changed(
        worklist, by, {field: value for field, value in given_values.items() if not isinstance(value, Keep)}
    )


def make_share_code(*, worklist: Worklist, by: Actor) -> Worklist:
    """A new code that cannot be guessed; the old code stops working. Studies shared by it stay."""
    return _changed(worklist, by, {"share_code": unused_code()})


def check_share_code(*, worklist: Worklist, share_code: str, by: Actor) -> None:
    """Whether a typed code could be this worklist's, before anything stops working; raises the sentence why not.

    It counts against the limit.
    """
    assert worklist.account is not None  # a personal worklist's code is made, never typed
    _count_typed(share_code, worklist.account, by)
    _free_code(share_code, but=worklist)


def _count_typed(share_code: str | None, account: Account, by: Actor) -> None:
    if share_code and share_code.strip():
        check_administers(by, account)
        limits.count_typed_code(by=by, account=account.pk)


@transaction.atomic
def _changed(worklist: Worklist, by: Actor, values: dict[str, Any]) -> Worklist:
    if worklist.account_id is None:
        check_administers(by, None)
        raise ValidationError(_("A personal worklist has no settings."), code="personal")
    account = locked(worklist.account_id)
    may_give = check_administers(by, account)
    worklist = _held(worklist)
    before, was = standing(account, worklist_id=worklist.pk), worklist.share_code
    changed: dict[str, Any] = {}
    for field, value in values.items():
        stored = _tidied(field, value, worklist, account)
        if getattr(worklist, field) != stored:
            changed[field] = stored
            setattr(worklist, field, stored)
    if "name" in changed:
        _check_name_is_free(worklist)
    if not changed:
        return worklist
    _move_front_door(worklist, by=by)
    _write(worklist, update_fields=[*changed, *(["identity"] if "name" in changed else [])])
    if "default_role" in changed:
        gives = given(before, standing(account, worklist_id=worklist.pk))
        own = {role.pk for role in [changed["default_role"]] if role is not None}
        check_may_give_roles(may_give, gives | own, account)
    _record_change(worklist, changed, was=was or "", by=by)
    if "default_role" in changed:
        access.sync(account=account, worklists=[worklist.pk])
    return worklist


def _tidied(field: str, value: Any, worklist: Worklist, account: Account) -> Any:
    """The value as it is stored; raises the sentence where it cannot be."""
    match field:
        case "name":
            return _tidied_name(value)
        case "description":
            return _tidied_description(value)
        case "share_code":
            return _kept_code(_free_code(value, but=worklist), worklist)
        case "ae_title":
            return tidied_ae_title(value) or None
        case "default_role":
            check_role_is_of(account, value)
    return value


def _tidied_name(name: str) -> str:
    return tidy_identity(name, what=_("A worklist's name"), longest=200)


def _tidied_description(description: str) -> str:
    return tidy_text(description, what=_("A description"), longest=500, may_be_empty=True)


@transaction.atomic
def remove_worklist_without_shares(*, worklist: Worklist, by: Actor, veto: Callable[[Worklist], str]) -> None:
    """Delete a location or group, with its memberships and all rights there.

    A part of a deletion: studies and shares are not known here, so only `sharing.services.delete_worklist` calls this.
    `veto` reads the locked row and gives the sentence that keeps it, or none.
    """
    if worklist.account_id is None:
        check_administers(by, None)
        raise ValidationError(_("A personal worklist cannot be deleted."), code="personal")
    account = locked(worklist.account_id)
    check_administers(by, account)
    # FOR UPDATE: a share to it, a study or an upload at this moment waits, and is then refused.
    worklist = _held(worklist)
    if why := veto(worklist):
        raise ValidationError(why, code="stays")
    members = WorklistMembership.objects.filter(worklist=worklist).count()
    on = on_worklist(worklist, kind=worklist.kind, code=worklist.share_code or "", members=members)
    end_senders_of(worklist=worklist, by=by)
    access.forget(worklist)
    try:
        worklist.delete()
    except ProtectedError as error:
        raise ValidationError(_(STILL_NEEDED), code="stays") from error
    record(Action.WORKLIST_REMOVE, by=by, on=on)


def _held(worklist: Worklist) -> Worklist:
    """The worklist locked and as it is now, and with it, in ascending order, the front door that may have to move."""
    rows = Worklist.objects.select_for_update(of=("self",)).select_related("account", "default_role", "owner")
    both = Q(pk=worklist.pk) | Q(account=worklist.account_id, is_front_door=True)
    for row in rows.filter(both).order_by("pk"):
        if row.pk == worklist.pk:
            return row
    raise ValidationError(_(GONE), code="gone")


def _write(worklist: Worklist, *, update_fields: list[str] | None = None) -> None:
    """Codes and AE titles are the whole platform's, and another account may have taken one a moment ago."""
    try:
        with transaction.atomic():
            worklist.save(update_fields=update_fields)
    except IntegrityError as error:
        if "an_ae_title_is_one_worklists" in str(error):
            raise ValidationError({"ae_title": _(TITLE_TAKEN)}, code="taken") from error
        if "a_share_code_is_used_once_on_the_platform" not in str(error):
            raise
        raise ValidationError(_(CODE_TAKEN), code="share_code") from error


def _record_change(worklist: Worklist, changed: dict[str, Any], *, was: str, by: Actor) -> None:
    if changed.keys() & {"share_code", "is_front_door"}:
        detail = {"code": worklist.share_code or "", "was_code": was, "front_door": worklist.is_front_door}
        record(Action.CODE_CHANGE, by=by, on=on_worklist(worklist, **detail))
    rest = {field: value for field, value in changed.items() if field not in ("share_code", "is_front_door")}
    if rest:
        if "default_role" in rest:
            rest |= _default(rest["default_role"])
        record(Action.WORKLIST_CHANGE, by=by, on=on_worklist(worklist, **rest))


def _default(role: Role | None) -> dict[str, Any]:
    """For an event's detail: the role's name, and its key for the replay of who could do what at a moment."""
    named = acting_as(role)
    return {"default_role": named["role"], "default_role_id": named["role_id"]}


def _free_code(typed: str | None, *, but: Worklist | None = None) -> str | None:
    """The code as it is stored; None for none."""
    if not typed or not typed.strip():
        return None
    code = identity_of_code(typed)
    if not codes.well_formed(code):
        raise ValidationError(codes.WRONG_LENGTH, code="share_code")
    others = Worklist.objects.filter(share_code=code)
    if (others.exclude(pk=but.pk) if but is not None else others).exists():
        raise ValidationError(_(CODE_TAKEN), code="share_code")
    return code


def _kept_code(code: str | None, worklist: Worklist) -> str | None:
    if code is None and worklist.inbox_id is not None:
        raise ValidationError(_(ADDRESS_NEEDS_CODE), code="address")
    return code


def _check_name_is_free(worklist: Worklist) -> None:
    others = Worklist.objects.filter(account=worklist.account, kind=worklist.kind).exclude(pk=worklist.pk)
    check_name_is_free(worklist.name, others, _(NAME_TAKEN[Worklist.Kind(worklist.kind)]))


def _move_front_door(worklist: Worklist, *, by: Actor) -> None:
    """Before a front door is written: check that it has a code, and make the old front door none."""
    if not worklist.is_front_door:
        return
    if worklist.share_code is None:
        raise ValidationError(
            _(
                "A front door needs a share code. Give this worklist a code first, or choose another front door."
            ),
            code="front_door",
        )
    others = Worklist.objects.filter(account=worklist.account, is_front_door=True).exclude(pk=worklist.pk)
    for other in others.select_related("account"):
        other.is_front_door = False
        other.save(update_fields=["is_front_door"])
        record(
            Action.CODE_CHANGE, by=by, on=on_worklist(other, code=other.share_code or "", front_door=False)
        )
