"""From what was picked or typed to the worklist or email it means, or the sentence that refuses it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Account, User
from accounts.selectors import proved_emails
from audit.actor import Actor
from common.email_lists import check_email
from common.text import NOT_AN_EMAIL, identity, identity_of_code
from sharing.models import Method
from sharing.permissions import DIRECTORY, Allowed
from sharing.selectors.directory import public_name
from sharing.selectors.rules import Recipient, Ruling
from worklists.models import Worklist

NO_SUCH = {
    Method.LOCATION: gettext_noop("This location no longer exists."),
    Method.GROUP: gettext_noop("This group no longer exists."),
    Method.PHYSICIAN: gettext_noop("This person is not an active member of the organisation."),
    Method.CODE: gettext_noop(
        "No worklist has this share code. Check it with the person who gave it to you."
    ),
}
ALREADY_HERE = gettext_noop("The studies are already on this worklist.")
TAKES_NONE = gettext_noop("This worklist does not accept shares.")
YOURSELF = gettext_noop("This is you. You can already see this study.")
CANNOT_RECEIVE = gettext_noop("This email address cannot receive shares.")


@dataclass(frozen=True)
class Target:
    """What the user picked: a worklist's or user's uuid, a typed code or email.

    `account`: for a physician picked from a personal worklist, whose directory they were picked from.
    `is_read_back`: for a code whose look-up was counted and recorded before the press. `is_typed_twice` and
    `is_confirmed` are of an email: the second, that it is meant although it looks like another (`services.emails`).
    """

    method: Method
    value: str
    account: UUID | None = None
    is_read_back: bool = field(default=False, compare=False)
    is_typed_twice: bool = field(default=False, compare=False)
    is_confirmed: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Resolved:
    """What a target means: a worklist, or an email to invite, or the sentence that refuses it."""

    target: Target
    label: str
    worklist: Worklist | None = None
    email: str = ""
    account_id: int | None = None
    refusal: str = ""

    @property
    def allowed(self) -> Allowed:
        return Allowed(Method(self.target.method), self.account_id)


def tidy(target: Target) -> Target:
    """The target with its value as it will be looked up: a code in capitals, an email in small letters."""
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
    ruling: Ruling,
    own: frozenset[str] | None = None,
) -> list[Resolved]:
    """A Resolved for each (tidied) target, in order: a handful of statements however many targets.

    A directory target outside the allowed accounts is answered as if it did not exist. `ruling` is that of the
    worklist that is shared from: an email that it refuses is not looked up. `own`: the person's own emails, where they
    were read before.
    """
    accounts = {
        method: {pair.account_id for pair in allowed if pair.method == method and pair.account_id is not None}
        for method in DIRECTORY
    }
    worklists = _worklists(targets, accounts)
    physicians = _physicians(targets, accounts[Method.PHYSICIAN])
    # What the person may not use is not looked up: the answer would disclose whose it is.
    methods = {pair.method for pair in allowed}
    codes = by_code(targets) if Method.CODE in methods else {}
    ruled = refused_emails(targets, ruling)
    by_email = _emails(targets, besides=ruled) if Method.EMAIL in methods else {}
    if own is None:
        own = own_emails(by) if by_email else frozenset()
    recipients = []
    for target in targets:
        match target.method:
            case Method.LOCATION | Method.GROUP:
                recipient = _place(target, worklists.get((target.method, target.value)))
            case Method.PHYSICIAN:
                recipient = _physician(target, physicians.get(target.value, {}), by, ticked)
            case Method.CODE:
                recipient = _code(target, codes.get(target.value), by)
            case _:
                recipient = _email(target, by_email.get(target.value), own, ruled.get(target.value, ""))
        worklist = recipient.worklist
        if not recipient.refusal and worklist is not None and worklist.pk == ticked.pk:
            recipient = replace(recipient, refusal=_(ALREADY_HERE))
        recipients.append(recipient)
    return _ruled(recipients, ruling)


def _ruled(recipients: list[Resolved], ruling: Ruling) -> list[Resolved]:
    """Refused by the accounts' rules too, where nothing else refuses; emails were asked about before."""
    asked = [each for each in recipients if not each.refusal and each.target.method != Method.EMAIL]
    refusals = ruling.refusals([_recipient(each) for each in asked])
    by_target = {each.target: refusal for each, refusal in zip(asked, refusals, strict=True)}
    return [replace(each, refusal=each.refusal or by_target.get(each.target, "")) for each in recipients]


def ruled_again(recipients: list[Resolved], ruling: Ruling) -> list[Resolved]:
    """With the rules as they are by now: what they refuse is refused, and nothing that was refused is allowed."""
    asked = [each for each in recipients if not each.refusal]
    refusals = ruling.refusals([_recipient(each) for each in asked])
    by_target = {each.target: refusal for each, refusal in zip(asked, refusals, strict=True)}
    return [replace(each, refusal=each.refusal or by_target.get(each.target, "")) for each in recipients]


def _recipient(resolved: Resolved) -> Recipient:
    """As the rules ask about it: an email by its domain alone, whoever is behind it."""
    if resolved.target.method == Method.EMAIL:
        return Recipient(Method.EMAIL, email=resolved.target.value)
    return Recipient(resolved.target.method, resolved.worklist, resolved.account_id)


def refused_emails(targets: Sequence[Target], ruling: Ruling) -> dict[str, str]:
    """The emails among the targets that the accounts' rules refuse, with the sentence."""
    emails = [target.value for target in targets if target.method == Method.EMAIL]
    refusals = ruling.refusals([Recipient(Method.EMAIL, email=email) for email in emails])
    return {email: refusal for email, refusal in zip(emails, refusals, strict=True) if refusal}


def own_emails(by: Actor) -> frozenset[str]:
    """The emails that are the person's own."""
    return frozenset({identity(by.person.email), *proved_emails(by.person)})


def refusal_of_email(email: str, own: Collection[str]) -> str:
    """The sentence that refuses a typed email before it is looked up; empty where it is another person's."""
    try:
        check_email(email)
    except ValidationError:
        return _(NOT_AN_EMAIL)
    return _(YOURSELF) if identity(email) in own else ""


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
    by_person: dict[str, dict[UUID, tuple[Worklist, Account]]] = {}
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
        by_person.setdefault(str(person.uuid), {})[account.uuid] = (worklist, account)
    return by_person


def by_code(targets: Sequence[Target]) -> dict[str, Worklist]:
    """The worklists of the codes among the (tidied) targets, where they take shares."""
    wanted = {target.value for target in targets if target.method == Method.CODE and target.value}
    if not wanted:
        return {}
    rows = Worklist.objects.with_names().filter(share_code__in=wanted, takes_shares=True)
    return {
        worklist.share_code: worklist
        for worklist in rows
        if worklist.share_code and (worklist.owner is None or worklist.owner.is_active)
    }


def _emails(targets: Sequence[Target], *, besides: Collection[str]) -> dict[str, User | None]:
    """For each typed email the user who proved that it is theirs, active or not; None where no one has."""
    wanted = {target.value for target in targets if target.method == Method.EMAIL}.difference(besides)
    if not wanted:
        return {}
    proved = EmailAddress.objects.filter(email__in=wanted, verified=True).select_related(
        "user__personal_worklist"
    )
    users: dict[str, User | None] = dict.fromkeys(wanted)
    users.update({identity(row.email): row.user for row in proved})
    # A deactivated user's email is refused even where it was never proved.
    for user in User.objects.filter(email__in=wanted, is_active=False):
        users[user.email] = user
    return users


def _place(target: Target, worklist: Worklist | None) -> Resolved:
    if worklist is None:
        return Resolved(target, "", refusal=_(NO_SUCH[Method(target.method)]))
    refusal = "" if worklist.takes_shares else _(TAKES_NONE)
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
        return Resolved(target, "", refusal=_(NO_SUCH[Method.PHYSICIAN]))
    worklist, account = memberships[wanted]
    refusal = ""
    if worklist.owner_id == by.user_id:
        refusal = _(YOURSELF)
    elif not worklist.takes_shares:
        refusal = _(TAKES_NONE)
    return Resolved(target, worklist.label, worklist, account_id=account.pk, refusal=refusal)


def _code(target: Target, worklist: Worklist | None, by: Actor) -> Resolved:
    if worklist is None:
        return Resolved(target, target.value, refusal=_(NO_SUCH[Method.CODE]))
    refusal = _(YOURSELF) if worklist.owner_id == by.user_id else ""
    return Resolved(target, public_name(worklist), worklist, refusal=refusal)


def _email(target: Target, user: User | None, own: Collection[str], ruled: str) -> Resolved:
    if refusal := refusal_of_email(target.value, own) or ruled:
        return Resolved(target, target.value, refusal=refusal)
    if user is None:
        return Resolved(target, target.value, email=target.value)
    if not user.is_active:
        return Resolved(target, target.value, refusal=_(CANNOT_RECEIVE))
    worklist = user.personal_worklist
    worklist.owner = user
    refusal = "" if worklist.takes_shares else _(CANNOT_RECEIVE)
    return Resolved(target, target.value, worklist, refusal=refusal)
