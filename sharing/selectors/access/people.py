"""The Access tab by person: each who can open the study, by which role, worklist and shares, a page at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from audit.actor import Actor
from sharing.explanation import explain, explain_link, ways_of
from sharing.facts import Facts, Way
from sharing.models import GuestLink, GuestLinkStudy, Share
from sharing.selectors.access.paths import Paths, Step
from sharing.selectors.access.shown import last_moment
from sharing.selectors.access.ways import Ways
from sharing.selectors.explaining import facts_about, facts_about_links
from sharing.selectors.guest_links import links_seen_by
from sharing.selectors.pages import ROWS, people_by_name
from studies.models import FOREVER, Placement
from worklists import access
from worklists.access.standing import Why
from worklists.selectors.people import WHY

OPENS = ("list_studies", "open_study")
# Of a person's further worklists, so many are named; and so many who were reached by email, and links, on a page.
MOST_WAYS, MOST_BESIDE = 3, 100
REASONS = {**WHY, Why.PERSONAL: gettext_noop("own worklist")}


@dataclass(frozen=True)
class ShownWay:
    """A worklist where a person can open the study, in words; `by` is empty where this is the original's worklist."""

    role: str
    why: str
    worklist: str
    path: list[Step]
    by: str
    since: datetime
    until: datetime | None
    external: bool
    for_approval: bool = False

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.until)


@dataclass(frozen=True)
class ShownPerson:
    """A person with the way that lasts longest, a few more, and how many are left out."""

    name: str
    ways: list[ShownWay]
    uuid: UUID | None = None
    more: int = 0

    @property
    def first(self) -> ShownWay:
        return self.ways[0]

    @property
    def others(self) -> list[ShownWay]:
        return self.ways[1:]


@dataclass
class PeoplePage:
    """`emailed` and `links` are on the first page alone; `elsewhere` and `beyond` are as in `StudyAccess`."""

    people: list[ShownPerson]
    newer: UUID | None
    older: UUID | None
    emailed: list[ShownPerson] = field(default_factory=list)
    links: list[ShownPerson] = field(default_factory=list)
    elsewhere: int = 0
    beyond: int = 0


class People(Paths):
    """One study's people, as far as one reader may know them; from home, where the reader may know as much there."""

    def __init__(self, placement: Placement, by: Actor, now: datetime) -> None:
        super().__init__(from_where(placement, now), by, now)
        self.study = placement.study_id
        self.shares = {share.uuid: share for share in self.live}
        self.shares_to: dict[int | None, list[Share]] = defaultdict(list)
        for share in self.live:
            self.shares_to[share.to_worklist_id].append(share)
        self.near = {pk for pk in self.inside if self._near(self.worklists[pk])}
        personal = {pk: self.worklists[pk].owner_id for pk in self.inside if self.worklists[pk].is_personal}
        self.owners = {owner for owner in personal.values() if owner is not None}
        # Where people are named: on worklists of the reader's accounts, and owners of worklists known by name.
        self.named = self.near | set(personal) | self.deciding

    def page(self, before: UUID | None = None, after: UUID | None = None) -> PeoplePage:
        people, newer, older = self._slice(before, after)
        emailed = {} if before or after else self._emailed()
        facts = self.facts_about({*(person.pk for person in people), *emailed})
        shown = [self._person(person, facts) for person in people]
        page = PeoplePage([person for person in shown if person.ways], newer, older)
        if not before and not after:
            page.emailed = list(self._shown_emailed(facts, emailed))
            page.links = self._links()
            page.elsewhere, page.beyond = self.elsewhere, self.beyond
        return page

    def facts_about(self, people: Collection[int]) -> Facts:
        return facts_about(self.study, people, graph=self.graph, known=self.worklists)

    def _person(self, person: User, facts: Facts) -> ShownPerson:
        ways, more = first_ways(facts, person.pk, self.named)
        return ShownPerson(person.name, [self.way(way) for way in ways], person.uuid, more)

    def way(self, way: Way) -> ShownWay:
        worklist, held = self.worklists[way.worklist], way.held
        share = self._share_of(way)
        grant = self._grant(share, self.ways_to(way.worklist)) if share is not None else None
        return ShownWay(
            role=held.role,
            why=_(REASONS[held.why]),
            worklist=worklist.label,
            path=grant.path if grant is not None else [self._step(way.worklist)],
            by=grant.by if grant is not None else "",
            since=way.since,
            until=way.until if way.until < FOREVER else None,
            external=way.external,
            for_approval=way.for_approval,
        )

    def ways_to(self, worklist: int) -> Ways:
        return self.up if worklist == self.start else self.down

    def _share_of(self, way: Way) -> Share | None:
        """The last share of the path: of the one that lasts longest, if the reader may know that."""
        if not way.path:
            return None
        if way.for_approval:
            return self.shares.get(way.path[-1].uuid)
        known = [
            share
            for share in self.shares_to[way.worklist]
            if share.approved_at is not None
            and (share.from_worklist_id in self.inside or way.worklist == self.start)
        ]
        longest = self.shares.get(way.path[-1].uuid)
        return longest if longest in known else next(iter(known), longest)

    def _slice(self, before: UUID | None, after: UUID | None) -> tuple[list[User], UUID | None, UUID | None]:
        """Fifty people by name. As in other lists, `before` goes on and `after` goes back. Raises NoSuchPage."""
        on_worklists = access.people_with_all(OPENS, self.near)
        fits = Q(pk__in=on_worklists) | Q(pk__in=self.owners)
        if self.deciding:
            fits |= Q(pk__in=access.people_with_all(access.APPROVER_NEEDS, self.deciding))
        rows = User.objects.filter(fits, is_active=True)
        return people_by_name(rows, before, after, ROWS)

    def _emailed(self) -> dict[int, Share]:
        """By the person: the share by email that reached them, where they have no page of their own to be named on."""
        return {
            owner: share
            for target, share in list(self.emailed.items())[:MOST_BESIDE]
            if (owner := self.worklists[target].owner_id) is not None and owner not in self.owners
        }

    def _shown_emailed(self, facts: Facts, emailed: dict[int, Share]) -> Iterable[ShownPerson]:
        for owner, share in sorted(emailed.items(), key=lambda each: self._email_or_name(each[1]).casefold()):
            for way in explain(facts, owner).ways:
                if way.worklist == share.to_worklist_id:
                    # The owner's name, and so the worklist's, may not be the reader's to know.
                    shown = replace(self.way(way), role="", why="", worklist="", external=False)
                    yield ShownPerson(self._email_or_name(share), [shown])

    def _links(self) -> list[ShownPerson]:
        """The guest links that the reader sees and that show the study now."""
        keys = GuestLinkStudy.objects.unended_links(self.study)
        if not keys:
            return []
        seen = links_seen_by(self.by).filter(pk__in=keys, worklist__in=self.near)
        links = list(seen.with_names().order_by("-pk")[:MOST_BESIDE])
        keys = [link.pk for link in links]
        facts = facts_about_links(self.study, keys, graph=self.graph, known=self.worklists)
        return [
            ShownPerson(link.mark, [self._link_way(link, way)])
            for link in links
            for way in explain_link(facts, facts.links[link.uuid]).ways
        ]

    def _link_way(self, link: GuestLink, way: Way) -> ShownWay:
        return replace(self.way(way), role="", why="", by=link.made_by.name)


def first_ways(facts: Facts, person: int, named: Collection[int]) -> tuple[list[Way], int]:
    """The ways of a person that are shown, of those on some worklists, and how many more there are.

    A person may have two hundred, and a page fifty people: no more are made than are shown.
    """
    known = [(place, role) for place, role in ways_of(facts, person) if place.worklist in named]
    first = [place.way(role) for place, role in known[: MOST_WAYS + 1]]
    return first, len(known) - len(first)


def from_where(placement: Placement, now: datetime) -> Placement:
    """A reader at an internal placement of home's own account may know as much as a reader at home."""
    study = placement.study
    own = placement.worklist.account_id
    inside = own is not None and own == study.home.account_id and placement.internal_until > now
    if placement.is_home or not inside:
        return placement
    homes = Placement.objects.with_names().select_related("study__home__account")
    return homes.filter(study=study, is_home=True).first() or placement


def people_of_study(
    placement: Placement, by: Actor, now: datetime, *, before: UUID | None = None, after: UUID | None = None
) -> PeoplePage:
    """About twenty statements, however many people and worklists. Raises NoSuchPage."""
    return People(placement, by, now).page(before, after)
