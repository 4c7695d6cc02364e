"""What the property test of the law asks after every step: the placements, what is explained, and who may decide."""

from datetime import datetime
from typing import Any

from django.db import connection
from hypothesis.stateful import invariant

from sharing.explanation import explain
from sharing.models import Share
from sharing.selectors.explaining import facts_about
from studies.selectors import placements_to_decide_on, placements_visible_to
from tests.cast import acting
from tests.law_model import times
from worklists.models import Worklist


class WithChecks:
    """What stands in the database against what the model's paths give."""

    @invariant()
    def placements_are_what_the_paths_give(self: Any) -> None:
        with connection.cursor() as cursor:
            # The net is deferred to commit, which an example never reaches: let it speak now.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        self.met["steps"] += 1
        now = self.now()
        goals = set(self.actors)
        expected = {}
        for goal in goals:
            visible, internal, exists = times(self.study.home_id, goal, self.grants.values())
            if exists > now:
                expected[goal] = (visible, internal, exists)
            if visible > now >= internal:
                self.met["email boundary"] += 1
            if exists > now >= visible and any(grant.source == goal for grant in self.grants.values()):
                self.met["awaiting with onward shares"] += 1
        stands = {
            each.worklist_id: (each.visible_until, each.internal_until, each.exists_until)
            for each in self.placed()
            if each.exists_until > now
        }
        if self.stale:
            # Unsettled rows may still hold a time that has passed; what matters is which side of now it is on.
            expected = {goal: sides(each, now) for goal, each in expected.items()}
            stands = {goal: sides(each, now) for goal, each in stands.items()}
        assert stands == expected
        if not self.stale:
            unended = set(Share.objects.filter(study=self.study, ended_at=None).values_list("pk", flat=True))
            assert unended == {pk for pk, grant in self.grants.items() if not grant.dead}

    @invariant()
    def what_is_explained_is_what_the_rights_are(self: Any) -> None:
        """Every second step of one person, in turn: explaining costs more than the deed."""
        if self.met["steps"] % 2:
            return
        person = self.in_turn()
        explanation = explain(facts_about(self.study.pk, [person.pk]), person.pk)
        seen = placements_visible_to(acting(person)).filter(study=self.study).select_related("worklist")
        opened = {each.worklist_id for each in seen if acting(person).may("open_study", each.worklist)}
        opened |= self.to_decide_on(person)
        assert {way.worklist for way in explanation.ways} == opened
        assert explanation.opens == (not explanation.reasons)
        self.met["explained: opens" if opened else "explained: opens not"] += 1

    @invariant()
    def an_approver_may_open_what_waits(self: Any) -> None:
        """By the times of the model, and by what an approver may do: nothing else of what is not visible is opened.

        The other steps, of one person in turn.
        """
        if self.met["steps"] % 2 == 0:
            return
        person = self.in_turn()
        opened = placements_to_decide_on(acting(person)).filter(study=self.study)
        assert set(opened.values_list("worklist", flat=True)) == self.to_decide_on(person)

    def in_turn(self: Any) -> Any:
        people = [*(self.actors[worklist] for worklist in sorted(self.actors)), self.world.cast.ana]
        return people[self.met["steps"] // 2 % len(people)]

    def to_decide_on(self: Any, person: Any) -> set[int]:
        """The worklists where the study waits, and where the person may approve, list and open."""
        now, waiting = self.now(), set()
        for goal in {grant.to for grant in self.grants.values() if grant.to is not None}:
            visible, _, exists = times(self.study.home_id, goal, self.grants.values())
            rights = acting(person).rights(Worklist.objects.get(pk=goal))
            if exists > now >= visible and {"approve_study", "list_studies", "open_study"} <= rights:
                waiting.add(goal)
        self.met["opens to decide"] += bool(waiting)
        return waiting


def sides(three: tuple[datetime, datetime, datetime], now: datetime) -> tuple[Any, ...]:
    return tuple(each if each > now else None for each in three)
