"""From what was picked or typed to the worklist or address it means, or a sentence why not."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q

from accounts.models import Account, User
from audit.actor import Actor
from common.text import NOT_AN_EMAIL, identity, identity_of_code
from sharing.models import Method
from sharing.permissions import DIRECTORY, Allowed
from worklists.models import Worklist

NO_SUCH = {
    Method.LOCATION: "This location no longer exists.",
    Method.GROUP: "This group no longer exists.",
    Method.PHYSICIAN: "This person is not an active member of the organisation.",
    Method.CODE: "No worklist has this share code. Check it with the person who gave it to you.",
}
ALREADY_HERE = "The studies are already on this worklist."
TAKES_NONE = "This worklist does not accept shares."
YOURSELF = "This is you. You can already see this study."
CANNOT_RECEIVE = "This address cannot receive shares."


@dataclass(frozen=True)
class Target:
    """What the user picked: a worklist's or user's uuid, a typed code or address.

    `account` matters for a physician picked from a personal worklist: whose directory was it?
    """

    method: Method
    value: str
    account: UUID | None = None


@dataclass(frozen=True)
class Resolved:
    """What a target means: a worklist, or an address to invite, or the sentence that refuses it."""

    target: Target
    label: str
    worklist: Worklist | None = None
    address: str = ""
    account_id: int | None = None
    refusal: str = ""

    @property
    def allowed(self) -> Allowed:
        return Allowed(Method(self.target.method), self.account_id)


def tidy(target: Target) -> Target:
    """The target with its value as it will be looked up: a code in capitals, an address in small letters."""
    value = target.value.replace("\x00", "").strip()
    if target.method == Method.CODE:
        value = identity_of_code(value)
    elif target.method == Method.EMAIL:
        value = identity(value)
    else:
        try:
            value = str(UUID(value))
        except ValueError:
            value = ""
    return replace(target, value=value[:254])


def resolve(
    targets: Sequence[Target],
    *,
    by: Actor,
    ticked: Worklist,
    allowed: Collection[Allowed],
) -> list[Resolved]:
    """One Resolved for each (tidied) target, in order: a handful of statements however many targets.

    A directory target outside the allowed accounts is answered as if it did not exist.
    """
    accounts = {
        method: {pair.account_id for pair in allowed if pair.method == method and pair.account_id is not None}
        for method in DIRECTORY
    }
    worklists = _worklists(targets, accounts)
    physicians = _physicians(targets, accounts[Method.PHYSICIAN])
    by_code = _codes(targets)
    by_address = _addresses(targets)
    own = {identity(by.person.email)} | set(
        EmailAddress.objects.filter(user=by.person, verified=True).values_list("email", flat=True)
        if by_address
        else ()
    )
    found = []
    for target in targets:
        match target.method:
            case Method.LOCATION | Method.GROUP:
                one = _place(target, worklists.get((target.method, target.value)))
            case Method.PHYSICIAN:
                one = _physician(target, physicians.get(target.value, {}), by, ticked)
            case Method.CODE:
                one = _code(target, by_code.get(target.value), by)
            case _:
                one = _address(target, by_address.get(target.value), own)
        if not one.refusal and one.worklist is not None and one.worklist.pk == ticked.pk:
            one = replace(one, refusal=ALREADY_HERE)
        found.append(one)
    return found


def _uuids(targets: Iterable[Target], *methods: Method) -> list[UUID]:
    return [UUID(target.value) for target in targets if target.method in methods and target.value]


def _worklists(
    targets: Sequence[Target], accounts: dict[Method, set[int]]
) -> dict[tuple[str, str], Worklist]:
    uuids = _uuids(targets, Method.LOCATION, Method.GROUP)
    if not uuids:
        return {}
    rows = Worklist.objects.with_names().filter(
        Q(kind="location", account__in=accounts[Method.LOCATION])
        | Q(kind="group", account__in=accounts[Method.GROUP]),
        uuid__in=uuids,
    )
    return {(worklist.kind, str(worklist.uuid)): worklist for worklist in rows}


def _physicians(
    targets: Sequence[Target], accounts: set[int]
) -> dict[str, dict[UUID, tuple[Worklist, Account]]]:
    """For each user uuid, the accounts in which the person is an active member, with the personal worklist."""
    uuids = _uuids(targets, Method.PHYSICIAN)
    if not uuids:
        return {}
    found: dict[str, dict[UUID, tuple[Worklist, Account]]] = {}
    people = User.objects.filter(uuid__in=uuids, is_active=True).select_related("personal_worklist")
    by_id = {person.pk: person for person in people}
    memberships = (
        Account.objects.filter(pk__in=accounts, memberships__user__in=by_id, memberships__active=True)
        .values_list("pk", "memberships__user")
        .distinct()
    )
    pairs = list(memberships)
    known = Account.objects.in_bulk({account_id for account_id, _ in pairs})
    for account_id, user_id in pairs:
        person, account = by_id[user_id], known[account_id]
        worklist = person.personal_worklist
        worklist.owner = person
        found.setdefault(str(person.uuid), {})[account.uuid] = (worklist, account)
    return found


def _codes(targets: Sequence[Target]) -> dict[str, Worklist]:
    wanted = {target.value for target in targets if target.method == Method.CODE and target.value}
    if not wanted:
        return {}
    rows = Worklist.objects.with_names().filter(share_code__in=wanted, takes_shares=True)
    return {
        worklist.share_code: worklist
        for worklist in rows
        if worklist.share_code and (worklist.owner is None or worklist.owner.is_active)
    }


def _addresses(targets: Sequence[Target]) -> dict[str, User | None]:
    """For each typed address the user who proved it is theirs, active or not; None where nobody has."""
    wanted = {target.value for target in targets if target.method == Method.EMAIL}
    if not wanted:
        return {}
    proved = EmailAddress.objects.filter(email__in=wanted, verified=True).select_related(
        "user__personal_worklist"
    )
    found: dict[str, User | None] = dict.fromkeys(wanted)
    found.update({identity(address.email): address.user for address in proved})
    # A deactivated user's address is refused even where it was never proved.
    for user in User.objects.filter(email__in=wanted, is_active=False):
        found[user.email] = user
    return found


def _place(target: Target, worklist: Worklist | None) -> Resolved:
    if worklist is None:
        return Resolved(target, "", refusal=NO_SUCH[Method(target.method)])
    refusal = "" if worklist.takes_shares else TAKES_NONE
    return Resolved(target, worklist.name, worklist, account_id=worklist.account_id, refusal=refusal)


def _physician(
    target: Target,
    memberships: dict[UUID, tuple[Worklist, Account]],
    by: Actor,
    ticked: Worklist,
) -> Resolved:
    wanted = ticked.account.uuid if ticked.account is not None else target.account
    if wanted is None and len(memberships) == 1:
        [wanted] = memberships
    if wanted is None or wanted not in memberships:
        return Resolved(target, "", refusal=NO_SUCH[Method.PHYSICIAN])
    worklist, account = memberships[wanted]
    refusal = ""
    if worklist.owner_id == by.user_id:
        refusal = YOURSELF
    elif not worklist.takes_shares:
        refusal = TAKES_NONE
    return Resolved(target, worklist.label, worklist, account_id=account.pk, refusal=refusal)


def _code(target: Target, worklist: Worklist | None, by: Actor) -> Resolved:
    if worklist is None:
        return Resolved(target, target.value, refusal=NO_SUCH[Method.CODE])
    refusal = YOURSELF if worklist.owner_id == by.user_id else ""
    return Resolved(target, public_name(worklist), worklist, refusal=refusal)


def _address(target: Target, user: User | None, own: Collection[str]) -> Resolved:
    try:
        validate_email(target.value)
    except ValidationError:
        return Resolved(target, target.value, refusal=NOT_AN_EMAIL)
    if target.value in own:
        return Resolved(target, target.value, refusal=YOURSELF)
    if user is None:
        return Resolved(target, target.value, address=target.value)
    if not user.is_active:
        return Resolved(target, target.value, refusal=CANNOT_RECEIVE)
    worklist = user.personal_worklist
    worklist.owner = user
    refusal = "" if worklist.takes_shares else CANNOT_RECEIVE
    return Resolved(target, target.value, worklist, refusal=refusal)


def public_name(worklist: Worklist) -> str:
    """What a code is read back as: "Northgate Hospital — CT reporting"; the front door is the hospital."""
    if worklist.account is None:
        return worklist.label
    return f"{worklist.account.name} — {worklist.name}"
