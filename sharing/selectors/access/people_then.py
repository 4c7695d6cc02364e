"""Who could open a study at a moment in the past, why, and who did: a page of it, from the audit trail."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from accounts.models import User
from audit.actor import Actor
from sharing.explanation import explain_link, ways_of
from sharing.models import GuestLink
from sharing.selectors.access.moment_then import MomentThen
from sharing.selectors.access.opened import Opened, Opener, Period, openers_of
from sharing.selectors.access.people import ShownPerson
from sharing.selectors.access.ways_then import within
from sharing.selectors.directory import accounts_of
from sharing.selectors.explaining import facts_about, facts_about_links
from sharing.selectors.explaining_then import known_from, trail_of
from sharing.selectors.pages import ROWS, people_by_name
from studies.models import Placement, Study
from worklists.models import Worklist


class PersonThen(NamedTuple):
    """Someone who could open the study, with what they opened in the period."""

    shown: ShownPerson
    email: str
    opened: Sequence[Opened]


@dataclass
class PeopleThen:
    """`emailed`, `links`, `elsewhere` and `openers` are on the first page alone.

    `is_known`: whether the trail reaches back so far; who opened the study is listed in either case. `begins`: since
    when roles and memberships are in it. `left` are people who are no longer members, named to administrators alone;
    `elsewhere` the worklists of other organisations.
    """

    at: datetime
    period: Period
    is_known: bool
    begins: datetime | None
    people: list[PersonThen] = field(default_factory=list)
    total: int = 0
    left: int = 0
    newer: UUID | None = None
    older: UUID | None = None
    emailed: list[ShownPerson] = field(default_factory=list)
    links: list[ShownPerson] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    openers: list[Opener] = field(default_factory=list)


def people_then(
    placement: Placement,
    by: Actor,
    at: datetime,
    period: Period,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    most: int | None = None,
) -> PeopleThen:
    """Some twenty statements, however many people and worklists. Raises NoSuchPage.

    Ask only for readers who know the original's trail.
    """
    study, accounts = placement.study, accounts_of(by.person)
    begins = known_from()
    trail = trail_of(study, at, begins)
    openers = openers_of(study.pk, period, accounts)
    page = PeopleThen(at, period, trail is not None, begins)
    if trail is not None:
        moment = MomentThen(trail, by, accounts)
        rows, page.total, page.left = moment.people()
        people, page.newer, page.older = people_by_name(rows, before, after, most or ROWS)
        page.people = _with_opened(moment, people, openers)
        if not before and not after:
            page.emailed, page.links = list(moment.people_by_email()), list(moment.links())
            page.elsewhere = moment.elsewhere()
        openers = [replace(each, could=moment.could(each)) for each in openers]
    if not before and not after:
        known = trail.worklists if trail is not None else {}
        page.openers = _with_now(study, openers, accounts, known)
    return page


def _with_opened(moment: MomentThen, people: Sequence[User], openers: Sequence[Opener]) -> list[PersonThen]:
    opened: dict[int | None, list[Opened]] = defaultdict(list)
    for opener in openers:
        opened[opener.by_id] += opener.opened
    return [PersonThen(moment.person(person), person.email, opened.get(person.pk, ())) for person in people]


def _with_now(
    study: Study, openers: Sequence[Opener], accounts: Collection[int], known: Mapping[int, Worklist]
) -> list[Opener]:
    """With whether they can open the study now: of the asker's own accounts' people, and of guest links.

    `known` are worklists that were read before.
    """
    people = {each.by_id for each in openers if each.is_ours and each.by_id is not None}
    links = {each.link for each in openers if each.link is not None}
    can = _who_can(study, people, accounts, known) if people else {}
    lives = _which_show(study, links) if links else {}
    return [
        replace(each, can=lives.get(each.link) if each.link is not None else can.get(each.by_id))
        for each in openers
    ]


def _who_can(
    study: Study, people: Collection[int], accounts: Collection[int], known: Mapping[int, Worklist]
) -> dict[int | None, bool]:
    """On worklists of these accounts, or their own: more of a person's worklists is not the asker's to know."""
    facts = within(facts_about(study.pk, people, known=known))

    def opens(person: int) -> bool:
        at = [facts.standings.places[place.worklist] for place, _role in ways_of(facts, person)]
        return any(place.owner_id == person or place.account_id in accounts for place in at)

    return {person: opens(person) for person in people}


def _which_show(study: Study, links: Collection[UUID]) -> dict[UUID | None, bool]:
    keys = GuestLink.objects.filter(uuid__in=links).values_list("pk", flat=True)
    facts = facts_about_links(study.pk, keys)
    return {uuid: explain_link(facts, link).opens for uuid, link in facts.links.items()}
