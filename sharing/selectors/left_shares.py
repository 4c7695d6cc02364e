"""The shares that people who have left an account made for it: they stay, and no one may change them."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Count, Q, QuerySet

from accounts.models import Account, AccountMembership, User
from audit.actor import Actor
from sharing.models import Share, TakenOverShare
from worklists import access
from worklists.models.worklist import WorklistQuerySet


class LeftShares(NamedTuple):
    """How many shares of a person last on, made from worklists of the account."""

    person: User
    shares: int


def shares_left(account: Account) -> list[LeftShares]:
    """By each person who is not an active member any more, by name: three statements."""
    active = AccountMembership.objects.active().filter(account=account).values("user")
    lasting = _lasting(account)
    numbers: Counter[int] = Counter()
    for keeper, whose in (
        ("shared_by", lasting.filter(taken_over=None)),
        ("taken_over__keeper", lasting.exclude(taken_over=None)),
    ):
        counted = whose.exclude(**{f"{keeper}__in": active}).order_by().values(keeper)
        numbers.update(dict(counted.annotate(number=Count("pk")).values_list(keeper, "number")))
    people = User.objects.filter(pk__in=numbers).order_by("name", "email")
    return [LeftShares(person, numbers[person.pk]) for person in people]


def shares_left_by(account: Account, person: User) -> QuerySet[Share]:
    """Those of one person, whether they made them or took them over."""
    return _lasting(account).filter(Q(shared_by=person, taken_over=None) | Q(taken_over__keeper=person))


def keepers_of(shares: Iterable[int]) -> dict[int, int]:
    """Who took a share over, by the keys of those of these shares that someone took over."""
    kept = TakenOverShare.objects.filter(share__in=list(shares))
    return dict(kept.values_list("share", "keeper"))


def worklists_to_keep(successor: Actor, account: Account) -> WorklistQuerySet:
    """The worklists of the account that the successor may share from."""
    may_list = access.worklists_for(successor, "list_studies").values("pk")
    return access.worklists_for(successor, "share_study").filter(account=account, pk__in=may_list)


def _lasting(account: Account) -> QuerySet[Share]:
    return Share.objects.unended().filter(Share.objects.unexpired(), from_worklist__account=account)
