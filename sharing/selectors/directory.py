"""An account's directory, for the share dialog: places, people, whose an email is."""

from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.models import Account, AccountMembership, User
from worklists.models import Worklist

FEWEST_LETTERS = 2
MOST_HITS = 20
MOST_WORDS = 5
# How colleagues are spoken of; a name in the directory rarely begins with it.
TITLES = frozenset({"dr", "doctor", "prof", "professor", "mr", "mrs", "ms", "miss", "sir"})


class Colleague(NamedTuple):
    """A person as an account's directory lists them."""

    uuid: UUID
    account_uuid: UUID
    name: str
    email: str
    account: str

    @property
    def key(self) -> str:
        """The person and whose directory they were picked from, in one form field."""
        return f"{self.uuid}:{self.account_uuid}"


class Hits(NamedTuple):
    """At most twenty people; `more` says that others fit as well."""

    people: list[Colleague]
    more: bool


def accounts_of(user: User) -> frozenset[int]:
    """The accounts a person is an active member of."""
    mine = AccountMembership.objects.active().filter(user=user)
    return frozenset(mine.values_list("account", flat=True))


def places(kind: str, account_ids: Collection[int], *, besides: Worklist) -> list[Worklist]:
    """The locations or groups of these accounts that take shares."""
    if not account_ids:
        return []
    takers = Worklist.objects.filter(kind=kind, account__in=account_ids, takes_shares=True)
    others = takers.exclude(pk=besides.pk)
    return list(others.select_related("account").order_by("account__name", Lower("name"), "pk"))


def people_like(text: str, account_ids: Collection[int], *, besides: User) -> Hits:
    """People of these accounts whose name holds every word, or whose email begins with it: one statement."""
    text = " ".join(text.replace("\x00", "").split())
    if len(text) < FEWEST_LETTERS or not account_ids:
        return Hits([], False)
    fits = Q()
    for word in words_of(text[:200].split())[:MOST_WORDS]:
        fits &= Q(user__name__icontains=word) | Q(user__email__istartswith=word)
    first = Case(
        When(user__name__istartswith=" ".join(words_of(text.split())), then=Value(0)), default=Value(1)
    )
    members = (
        _members(account_ids).filter(fits, user__personal_worklist__takes_shares=True).exclude(user=besides)
    )
    rows = members.order_by(first, Lower("user__name"), "user__email", "account__name")[: MOST_HITS + 1]
    people = [Colleague(*row) for row in rows.values_list(*_COLLEAGUE)]
    return Hits(people[:MOST_HITS], len(people) > MOST_HITS)


def words_of(words: list[str]) -> list[str]:
    """What is left of “Dr Osei” to search a name by; where there are only titles, they are what is searched for."""
    return [word for word in words if word.casefold().rstrip(".") not in TITLES] or words


def people_named(
    picked: Iterable[tuple[UUID, UUID | None]], account_ids: Collection[int]
) -> dict[UUID, list[Colleague]]:
    """The picked people as the directories of these accounts list them, by their uuid."""
    uuids = {uuid for uuid, _ in picked}
    colleagues: dict[UUID, list[Colleague]] = {}
    if uuids and account_ids:
        for row in (
            _members(account_ids)
            .filter(user__uuid__in=uuids)
            .order_by("account__name")
            .values_list(*_COLLEAGUE)
        ):
            colleagues.setdefault(row[0], []).append(Colleague(*row))
    return colleagues


def members_with(emails: Collection[str], account_ids: Collection[int]) -> dict[str, str]:
    """By email, the names of the active members of these accounts who proved one of these emails."""
    if not emails or not account_ids:
        return {}
    proved = EmailAddress.objects.filter(
        email__in=emails, verified=True, user__in=_members(account_ids).values("user")
    )
    return dict(proved.values_list("email", "user__name"))


def accounts_by_uuid(uuids: Collection[UUID]) -> frozenset[int]:
    return (
        frozenset(Account.objects.filter(uuid__in=uuids).values_list("pk", flat=True))
        if uuids
        else frozenset()
    )


def account_uuids(account_ids: Collection[int]) -> list[UUID]:
    if not account_ids:
        return []
    accounts = Account.objects.filter(pk__in=account_ids).order_by("pk")
    return list(accounts.values_list("uuid", flat=True))


def public_name(worklist: Worklist) -> str:
    """What a code is read back as: "Northgate Hospital — CT reporting"; the front door is the hospital."""
    if worklist.account is None:
        return worklist.label
    return _("%(account)s — %(worklist)s") % {"account": worklist.account.name, "worklist": worklist.name}


_COLLEAGUE = ("user__uuid", "account__uuid", "user__name", "user__email", "account__name")


def _members(account_ids: Collection[int]) -> QuerySet[AccountMembership]:
    return AccountMembership.objects.active().filter(account__in=account_ids)
