"""One study at one moment in the past, as far as one asker may know of it: people, guest links, worklists of others."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import AccountMembership, User
from audit.actor import Actor
from sharing.explanation import explain, explain_link
from sharing.facts import EMAIL, Facts, ShareFact, Way
from sharing.openers import all_who_can_open
from sharing.selectors.access.opened import Opener
from sharing.selectors.access.people import ShownPerson, ShownWay, first_ways
from sharing.selectors.access.ways_then import reached, way_then, within
from sharing.selectors.explaining_then import TrailOfStudy, facts_of_everyone
from worklists.access import ADMINISTER
from worklists.models import Worklist

LOCATION = Worklist.Kind.LOCATION


def _each_of(people: Collection[int]) -> RawSQL:
    """The keys as one array: PostgreSQL and its driver take long over thousands of parameters."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(people)])


class MomentThen:
    """The asker knows the original's trail; `accounts` are theirs, and of these alone members are read."""

    def __init__(self, trail: TrailOfStudy, by: Actor, accounts: Collection[int]) -> None:
        self.trail, self.by, self.accounts = trail, by, accounts
        theirs = {pk for pk, each in trail.worklists.items() if each.owner_id or each.account_id in accounts}
        self.facts: Facts = within(facts_of_everyone(trail, theirs))
        self.inside = reached(self.facts, self.facts.shares)
        standings = self.facts.standings
        # Where people are named: on worklists of the asker's accounts, and owners of worklists known by name.
        places = {
            pk: place
            for pk, place in standings.places.items()
            if (place.owner_id is not None and pk in self.inside)
            or (place.account_id in accounts and (pk in self.inside or self.facts.awaiting(pk)))
        }
        self.named = set(places)
        self.owners = {place.owner_id for place in places.values() if place.owner_id is not None}
        self.able = all_who_can_open(replace(self.facts, standings=replace(standings, places=places)))
        self.emailed = self._emailed()
        gone = {pk: label for pk, label in trail.then.labels.items() if pk not in trail.worklists}
        deleted = {pk: Worklist(pk=pk, name=label, kind=LOCATION) for pk, label in gone.items()}
        self.worklists = {**deleted, **trail.worklists}
        makers = {share.by for share in self.facts.shares}
        makers |= {link.made_by for link in self.facts.links.values()}
        self.names = dict(User.objects.filter(pk__in=makers).values_list("pk", "name"))

    def people(self) -> tuple[QuerySet[User], int, int]:
        """Those who could open the study and whom the asker may name, their number, and how many others could.

        People who are no longer members of the asker's accounts are named to administrators alone.
        """
        mine = AccountMembership.objects.active().filter(user=self.by.person)
        administered = mine.filter(role__permissions__codename=ADMINISTER).values_list("account", flat=True)
        joined, of_administered = self.facts.standings.joined, set(administered)
        left = {person for person, account in joined if account in of_administered}
        members = AccountMembership.objects.active().filter(account__in=self.accounts)
        still = set(members.filter(user__in=_each_of(self.able)).values_list("user", flat=True))
        named = self.able & (self.owners | left | still)
        return User.objects.filter(pk__in=_each_of(named)), len(named), len(self.able) - len(named)

    def person(self, user: User) -> ShownPerson:
        ways, more = first_ways(self.facts, user.pk, self.named)
        return ShownPerson(user.name, [self._way(way) for way in ways], user.uuid, more)

    def people_by_email(self) -> Iterable[ShownPerson]:
        """Those whom the asker knows by the email that was used."""
        for person, share in sorted(self.emailed.items(), key=lambda each: each[1].email.casefold()):
            for way in explain(self.facts, person).ways:
                if way.worklist == share.target:
                    way_shown = replace(self._way(way, email=share.email), role="", why="", worklist="")
                    yield ShownPerson(share.email, [replace(way_shown, external=False)])

    def links(self) -> Iterable[ShownPerson]:
        """The guest links that showed the study, each of which the original's trail names."""
        for uuid, link in self.facts.links.items():
            if link.worklist in self.named:
                for way in explain_link(self.facts, link).ways:
                    shown = replace(self._way(way), role="", why="", by=self.names[link.made_by])
                    yield ShownPerson(self.trail.then.links[uuid].name, [shown])

    def elsewhere(self) -> list[str]:
        """The worklists of other organisations, by name, as the original's trail has them."""
        rows = [self.trail.worklists[pk] for pk in self.inside - self.named if pk in self.trail.worklists]
        return sorted(f"{row.label}, {row.account.name}" for row in rows if row.account is not None)

    def could(self, opener: Opener) -> bool | None:
        """Whether who opened the study could at the moment; None where the asker may not know."""
        if opener.link is not None:
            link = self.facts.links.get(opener.link)
            known = link is not None and link.worklist in self.named
            return explain_link(self.facts, link).opens if known and link is not None else None
        if opener.by_id in self.able:
            return True
        return False if opener.is_ours else None

    def _emailed(self) -> dict[int, ShareFact]:
        """By the person: the share by email that reached them, where they are not named by another share."""
        emailed: dict[int, ShareFact] = {}
        for share in self.facts.shares:
            place = self.facts.standings.places.get(share.target or 0)
            if place is None or place.owner_id is None or share.target in self.named:
                continue
            if share.method == EMAIL and share.approved and share.until > self.facts.now:
                emailed.setdefault(place.owner_id, share)
        return emailed

    def _way(self, way: Way, *, email: str = "") -> ShownWay:
        return way_then(way, self.worklists, self.names, email=email)
