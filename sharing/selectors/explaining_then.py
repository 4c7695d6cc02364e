"""Reads from the audit trail what decided at a moment whether people could open a study."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from accounts.models import Role
from audit.actions import CHANGES_OF_RIGHTS, Action
from audit.models import AuditEvent
from sharing.facts import Facts
from sharing.replay import OF_A_STUDY, Event, StudyThen, replay_study
from sharing.replay_rights import RightsEvent, replay_rights
from studies.models import Study
from worklists.access.standing import PlaceFact, Standings
from worklists.models import Worklist


def known_from() -> datetime | None:
    """From when on the trail holds roles and memberships; None where they were never noted."""
    noted = AuditEvent.objects.filter(action=Action.RIGHTS_NOTE)
    return noted.order_by("id").values_list("at", flat=True).first()


@dataclass
class TrailOfStudy:
    """A study as it was at a moment, and every worklist that its trail names, at whatever time."""

    study: Study
    at: datetime
    events: list[Event]

    @classmethod
    def read(cls, study: Study, at: datetime) -> "TrailOfStudy":
        rows = AuditEvent.objects.filter(study_id=study.pk, action__in=OF_A_STUDY).order_by("id")
        return cls(study, at, [Event(*row) for row in rows.values_list(*Event._fields)])

    @cached_property
    def then(self) -> StudyThen:
        moves = [event.worklist_id for event in self.events if event.action == Action.STUDY_MOVE]
        first_home = moves[0] or 0 if moves else self.study.home_id
        return replay_study((event for event in self.events if event.at <= self.at), first_home)

    @cached_property
    def named(self) -> set[int]:
        pairs = [(event.worklist_id, event.other_worklist_id) for event in self.events]
        return {self.study.home_id, *(pk for pair in pairs for pk in pair if pk is not None)}

    @cached_property
    def worklists(self) -> dict[int, Worklist]:
        return Worklist.objects.with_few_accounts().in_bulk(self.named)

    def accounts_of(self, worklists: Collection[int]) -> set[int]:
        """With those of worklists that were deleted since."""
        known = {each.account_id for pk, each in self.worklists.items() if pk in worklists}
        gone = {event.account_id for event in self.events if event.worklist_id not in self.worklists}
        return {account for account in known | gone if account is not None}

    def facts(self, standings: Standings) -> Facts:
        then = self.then
        return Facts(
            now=self.at,
            home=then.home,
            shares=list(then.shares.values()),
            standings=standings,
            arrived_at=self.study.arrived_at,
            deleted_at=then.deleted_at,
            ended=list(then.ended.values()),
            links={uuid: link.as_it_was for uuid, link in then.links.items()},
        )

    def standings(
        self, people: Collection[int] | None, worklists: Collection[int], accounts: Collection[int]
    ) -> Standings:
        """Of these people on these worklists; without people, of everyone who had a part there."""
        personal = {
            pk: PlaceFact(pk, None, each.owner_id)
            for pk, each in self.worklists.items()
            if each.owner_id is not None and pk in worklists
        }
        platform = {role.pk: str(role.platform_key) for role in Role.objects.exclude(platform_key=None)}
        events = _rights_events(people, worklists, accounts, self.at)
        standings = replay_rights(events, personal, platform)
        standings.places = {pk: place for pk, place in standings.places.items() if pk in worklists}
        owners = {place.owner_id for place in personal.values() if place.owner_id is not None}
        everyone = {*owners, *(person for person, _account in standings.joined)}
        for person in everyone if people is None else people:
            standings.active.setdefault(person, True)
        return standings


def trail_of(study: Study, at: datetime, begins: datetime | None) -> TrailOfStudy | None:
    """None where the study had not arrived at that moment, or the moment is before `begins` (`known_from`)."""
    if begins is None or at < begins or at < study.arrived_at:
        return None
    return TrailOfStudy.read(study, at)


def facts_at(study: Study, people: Collection[int], at: datetime) -> Facts | None:
    """The facts of that moment about some people; None as in `trail_of`."""
    trail = trail_of(study, at, known_from())
    if trail is None:
        return None
    return trail.facts(trail.standings(people, trail.named, trail.accounts_of(trail.named)))


def facts_of_everyone(trail: TrailOfStudy, worklists: Collection[int] | None = None) -> Facts:
    """The facts about everyone who had a part in the worklists on which the study was; `worklists`: of these alone.

    Three statements, however many people: `sharing.openers` then says who could open the study.
    """
    facts = trail.facts(Standings())
    near = trail.worklists if worklists is None else worklists
    places = {pk for pk in facts.times if pk in near or pk not in trail.worklists}
    facts.standings = trail.standings(None, places, trail.accounts_of(places))
    facts.links = {uuid: link for uuid, link in facts.links.items() if link.worklist in places}
    return facts


def rights_then(
    people: Collection[int] | None, worklists: Collection[int], accounts: Collection[int], at: datetime
) -> QuerySet[AuditEvent]:
    """Of these accounts and of the platform: what is of a role or of one of these worklists, and of these people."""
    theirs = Q()
    if people is not None:
        theirs = ~Q(detail__has_key="person_id") | Q(detail__person_id__in=list(people))
    there = Q(worklist_id=None) | Q(worklist_id__in=worklists)
    somewhere = Q(account_id__in=accounts) & there | Q(account_id=None)
    rows = AuditEvent.objects.filter(somewhere, theirs, action__in=CHANGES_OF_RIGHTS, at__lte=at)
    return rows.order_by("id")


def _rights_events(
    people: Collection[int] | None, worklists: Collection[int], accounts: Collection[int], at: datetime
) -> list[RightsEvent]:
    """An account may have thousands of events: their moments stay text, and their details are parsed together."""
    rows = rights_then(people, worklists, accounts, at)
    texts = rows.annotate(moment=Cast("at", TextField()), text=Cast("detail", TextField()))
    read = list(texts.values_list("action", "moment", "account_id", "worklist_id", "text"))
    details = json.loads(f"[{','.join(row[4] for row in read)}]")
    return [RightsEvent(*row[:4], detail) for row, detail in zip(read, details, strict=True)]
