"""What else stops when a person loses rights: guest links, access tokens, offered memberships, and approvals."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import ngettext

from accounts.models import AccountMembership, User
from audit.actor import Actor
from sharing.models import GuestLink, Share, ShareRule
from worklists import access
from worklists.models import AccessToken, InvitedMembership, InvitedWorklist, Worklist, WorklistMembership
from worklists.models.worklist import WorklistQuerySet

Line = tuple[int | None, str]


@dataclass(frozen=True)
class Beside:
    """Numbers: of the person's guest links that end, of their tokens that reach less, of the memberships they offered
    that no one can accept any more, and of the shares that no one is left to approve.
    """

    links: int = 0
    tokens: int = 0
    offers: int = 0
    undecided: int = 0

    def lines(self, *, to_themselves: bool = False) -> list[Line]:
        """A sentence for each number that is not nought, to be read after its number."""
        links = (
            ngettext("guest link you made stops working", "guest links you made stop working", self.links)
            if to_themselves
            else ngettext(
                "guest link they made stops working", "guest links they made stop working", self.links
            )
        )
        sentences = (
            (self.links, links),
            (
                self.tokens,
                ngettext(
                    "access token no longer reaches these worklists",
                    "access tokens no longer reach these worklists",
                    self.tokens,
                ),
            ),
            (
                self.offers,
                ngettext(
                    "membership that was offered can no longer be accepted",
                    "memberships that were offered can no longer be accepted",
                    self.offers,
                ),
            ),
            (
                self.undecided,
                ngettext(
                    "share that waits for approval has no one left to approve it",
                    "shares that wait for approval have no one left to approve them",
                    self.undecided,
                ),
            ),
        )
        return [(number, sentence) for number, sentence in sentences if number]


def beside_leaving(membership: AccountMembership) -> Beside:
    """If the person left the account or were deactivated in it."""
    if not membership.active:
        return Beside()
    person, ours = membership.user, Worklist.objects.filter(account=membership.account_id)
    return Beside(
        links=_links(person, ours),
        tokens=_tokens(person, ours),
        offers=_offers(person, accounts=[membership.account_id]),
        undecided=_undecided(person, ours),
    )


def beside_worklist_removal(membership: WorklistMembership, loses: frozenset[str]) -> Beside:
    """If the person were no member of the worklist any more, and lost these rights there."""
    person, here = membership.user, Worklist.objects.filter(pk=membership.worklist_id)
    return Beside(
        links=0 if loses.isdisjoint(access.GUEST_LINK_NEEDS) else _links(person, here),
        tokens=_tokens(person, here) if "list_studies" in loses else 0,
        undecided=_undecided(person, here) if "approve_study" in loses else 0,
    )


def beside_deactivation(person: User) -> Beside:
    """If the person were deactivated on the platform."""
    everywhere = Worklist.objects.all()
    return Beside(
        links=_links(person, everywhere),
        tokens=_tokens(person, everywhere),
        offers=_offers(person),
        undecided=_undecided(person, everywhere),
    )


def offers_of(worklist: Worklist) -> int:
    """How many offered memberships would no longer be on this worklist if it were deleted."""
    waiting = InvitedMembership.objects.waiting().values("pk")
    return InvitedWorklist.objects.filter(worklist=worklist, membership__in=waiting).count()


def tokens_of(worklist: Worklist) -> int:
    """How many access tokens would no longer reach this worklist if it were deleted."""
    return AccessToken.objects.live().filter(worklists=worklist).count()


def rules_naming(worklist: Worklist) -> int:
    """How many sharing rules of its account would be removed with this worklist."""
    return ShareRule.objects.filter(Q(from_worklist=worklist) | Q(to_worklist=worklist)).count()


def _links(person: User, worklists: WorklistQuerySet) -> int:
    links = GuestLink.objects.filter(made_by=person, ended_at=None, expires_at__gt=Now())
    return links.filter(worklist__in=worklists.values("pk")).count()


def _tokens(person: User, worklists: WorklistQuerySet) -> int:
    live = AccessToken.objects.live().filter(owner=person)
    return live.filter(worklists__in=worklists.values("pk")).distinct().count()


def _offers(person: User, *, accounts: Collection[int] | None = None) -> int:
    offered = InvitedMembership.objects.waiting().filter(offered_by=person)
    return offered.filter(Q() if accounts is None else Q(account__in=accounts)).count()


def _undecided(person: User, worklists: WorklistQuerySet) -> int:
    """Of shares that the person alone may approve; their own worklist is decided by themselves or not at all."""
    theirs = access.worklists_for(Actor.of(person), "approve_study").filter(pk__in=worklists.values("pk"))
    awaiting = Share.objects.awaiting().filter(to_worklist__in=theirs.filter(owner=None).values("pk"))
    waited_for = Worklist.objects.filter(pk__in=awaiting.order_by().values("to_worklist").distinct())
    alone = [
        worklist.pk
        for worklist in waited_for
        if not access.people_with("approve_study", worklist).exclude(pk=person.pk).exists()
    ]
    return awaiting.filter(to_worklist__in=alone).count() if alone else 0
