"""What a change would give and take is what it gives and takes: compared with the change itself, undone again."""

from collections import Counter
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.models import AccountMembership, Role
from audit.actor import OPERATOR
from common.exceptions import NothingThere
from sharing import services as sharing
from sharing.models import Method
from sharing.selectors.what_if import (
    WhatIf,
    if_account_member,
    if_default_role,
    if_left,
    if_role,
    if_worklist_member,
)
from sharing.targets import Target
from studies.selectors import placements_visible_to
from tests.cast import Cast, acting
from tests.factories import make_study
from tests.random_world import World
from worklists import services
from worklists.models import WorklistMembership

pytestmark = pytest.mark.django_db

RIGHTS = ["list_studies", "open_study", "share_study", "share_study_with_users"]
Opened = dict[int, dict[int, set[int]]]
WORLDS, DEEDS, TRIES = 6, 25, 12


def opened(people: list[Any]) -> Opened:
    """By the rights themselves: for each person the studies that they may open, worklist by worklist."""
    there: Opened = {}
    for person in people:
        by = acting(person)
        there[person.pk] = {}
        for placement in placements_visible_to(by).select_related("worklist"):
            if by.may("open_study", placement.worklist):
                there[person.pk].setdefault(placement.worklist_id, set()).add(placement.study_id)
    return there


def difference(before: Opened, after: Opened) -> dict[tuple[int, int, bool], int]:
    """Of each person and worklist how many studies are lost, or gained, everywhere."""
    counted = {}
    for gains, ours, theirs in ((False, before, after), (True, after, before)):
        for person, places in ours.items():
            kept = set().union(*theirs[person].values())
            for worklist, studies in places.items():
                if studies - kept:
                    counted[person, worklist, gains] = len(studies - kept)
    return counted


def said(what: WhatIf) -> dict[tuple[int, int, bool], int]:
    return {(each.person.pk, each.worklist.pk, each.gains): each.studies for each in what.differences}


class Changes:
    """A change at random: what is said of it, and the change."""

    def __init__(self, world: World) -> None:
        self.world, self.chance, self.cast = world, world.chance, world.cast

    def any_role(self) -> Role:
        return self.chance.choice(list(Role.objects.filter(account=self.cast.northgate).order_by("pk")))

    def any_member(self) -> AccountMembership:
        return self.chance.choice(
            list(AccountMembership.objects.filter(account=self.cast.northgate).order_by("pk"))
        )

    def role(self) -> tuple[WhatIf, Any]:
        role = self.any_role()
        ticks = [codename for codename in RIGHTS if self.chance.random() < 0.6]
        kept = [
            codename
            for codename in role.permissions.values_list("codename", flat=True)
            if codename not in RIGHTS
        ]
        ticks += kept
        return if_role(role, ticks), lambda: services.change_role(
            role=role, name=role.name, permissions=ticks, by=OPERATOR
        )

    def membership(self) -> tuple[WhatIf, Any]:
        member, role, every = self.any_member(), self.any_role(), self.chance.random() < 0.5
        return if_account_member(
            member, role=role, every_worklist=every
        ), lambda: services.change_account_member(
            membership=member, role=role, every_worklist=every, by=OPERATOR
        )

    def leave(self) -> tuple[WhatIf, Any]:
        member, remove = self.any_member(), self.chance.random() < 0.5
        return if_left(member), lambda: sharing.leave_account(
            membership=member.pk, by=OPERATOR, remove=remove
        )

    def join_worklist(self) -> tuple[WhatIf, Any]:
        worklist, person = self.chance.choice(self.world.worklists), self.any_member().user
        role = self.chance.choice([None, self.any_role()])
        row = WorklistMembership.objects.filter(worklist=worklist, user=person).first()
        what = if_worklist_member(worklist, [person.pk], role=role)
        if row is None:
            return what, lambda: services.add_worklist_member(
                worklist=worklist, user=person, role=role, by=OPERATOR
            )
        return what, lambda: services.change_worklist_member(membership=row, role=role, by=OPERATOR)

    def leave_worklist(self) -> tuple[WhatIf, Any]:
        rows = WorklistMembership.objects.filter(account=self.cast.northgate).order_by("pk")
        row = self.chance.choice(list(rows))
        what = if_worklist_member(row.worklist, [row.user_id], role=None, removed=True)
        return what, lambda: services.remove_worklist_member(membership=row, by=OPERATOR)

    def default_role(self) -> tuple[WhatIf, Any]:
        worklist, role = self.chance.choice(self.world.worklists), self.chance.choice([None, self.any_role()])
        return if_default_role(worklist, role), lambda: services.change_worklist(
            worklist=worklist, default_role=role, by=OPERATOR
        )


KINDS = ("role", "membership", "leave", "join_worklist", "leave_worklist", "default_role")


def test_what_if_is_what_the_change_does(cast: Cast, clock: Any, record_property: Any) -> None:
    met: Counter[str] = Counter()
    for seed in range(WORLDS):
        with transaction.atomic():
            world = World(cast, clock, seed)
            for place in world.worklists[1:]:
                make_study(place)
            for _ in range(DEEDS):
                world.deed()
            changes = Changes(world)
            for number in range(TRIES):
                try_one(changes, KINDS[number % len(KINDS)], met)
            transaction.set_rollback(True)

    record_property("What if met", str(dict(met)))
    assert not [kind for kind in KINDS if not met[kind]]
    assert met["lost"]
    assert met["gained"]


def try_one(changes: Changes, kind: str, met: Counter[str]) -> None:
    before = opened(changes.world.people)
    what, change = getattr(changes, kind)()
    try:
        with transaction.atomic():
            change()
            expected = difference(before, opened(changes.world.people))
            transaction.set_rollback(True)
    except (NothingThere, PermissionDenied, ValidationError):
        met["refused"] += 1
        return
    assert said(what) == expected, kind
    met[kind] += 1
    met["lost"] += sum(not gains for _, _, gains in expected)
    met["gained"] += sum(gains for _, _, gains in expected)


def test_a_study_that_stays_on_another_worklist_is_not_lost(cast: Cast) -> None:
    before = if_worklist_member(cast.ct, [cast.ana.pk], role=None, removed=True)
    services.add_worklist_member(worklist=cast.emergency, user=cast.ana, by=OPERATOR)

    to = [Target(Method.LOCATION, str(cast.emergency.uuid))]
    sharing.share_studies(placements=[cast.placement.uuid], targets=to, by=acting(cast.ana))

    after = if_worklist_member(cast.ct, [cast.ana.pk], role=None, removed=True)

    assert said(before) == {(cast.ana.pk, cast.ct.pk, False): 1}
    assert said(after) == {}


def test_a_large_role_is_asked_about_in_a_few_statements(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    role = Role.objects.get(account=cast.northgate, name="Radiologist")

    with django_assert_max_num_queries(14):
        what = if_role(role, [])

    assert (cast.ana.pk, cast.ct.pk, False) in said(what)
