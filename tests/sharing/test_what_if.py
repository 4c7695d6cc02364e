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
from studies.models import Placement
from studies.selectors import placements_to_decide_on, placements_visible_to
from tests.cast import Cast, acting
from tests.factories import make_study
from tests.random_world import World
from worklists import services
from worklists.models import WorklistMembership

pytestmark = pytest.mark.django_db

RIGHTS = ["list_studies", "open_study", "share_study", "share_study_with_users", "approve_study"]
Opened = dict[int, dict[int, set[int]]]
WORLDS, DEEDS, TRIES = 6, 25, 12


def waiting(people: list[Any]) -> Opened:
    """By the rights themselves: for each person, worklist by worklist, what waits for their approval."""
    there: Opened = {}
    for person in people:
        there[person.pk] = {}
        for placement in placements_to_decide_on(acting(person)):
            there[person.pk].setdefault(placement.worklist_id, set()).add(placement.study_id)
    return there


def opened(people: list[Any], waits: Opened) -> Opened:
    """The same with the studies that they may open as everyone does."""
    there: Opened = {}
    for person in people:
        by = acting(person)
        there[person.pk] = {worklist: set(studies) for worklist, studies in waits[person.pk].items()}
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
            studies = [make_study(place) for place in world.worklists[1:]]
            # One waits for approval at Chest Clinic, whatever the deeds are.
            wait = Placement.objects.get(study=studies[0], is_home=True)
            to = [Target(Method.GROUP, str(cast.chest.uuid))]
            sharing.share_studies(placements=[wait.uuid], targets=to, by=acting(cast.adam))
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
    assert met["lost, waiting"] + met["gained, waiting"]


def try_one(changes: Changes, kind: str, met: Counter[str]) -> None:
    people = changes.world.people
    waited = waiting(people)
    before = opened(people, waited)
    what, change = getattr(changes, kind)()
    try:
        with transaction.atomic():
            change()
            waits = waiting(people)
            expected = difference(before, opened(people, waits))
            transaction.set_rollback(True)
    except (NothingThere, PermissionDenied, ValidationError):
        met["refused"] += 1
        return
    assert said(what) == expected, kind
    met[kind] += 1
    met["lost"] += sum(not gains for _, _, gains in expected)
    met["gained"] += sum(gains for _, _, gains in expected)
    for person, worklist, gains in expected:
        theirs = (waits if gains else waited)[person].get(worklist)
        met["gained, waiting" if gains else "lost, waiting"] += bool(theirs)


def test_a_study_that_stays_on_another_worklist_is_not_lost(cast: Cast) -> None:
    before = if_worklist_member(cast.ct, [cast.ana.pk], role=None, removed=True)
    services.add_worklist_member(worklist=cast.emergency, user=cast.ana, by=OPERATOR)

    to = [Target(Method.LOCATION, str(cast.emergency.uuid))]
    sharing.share_studies(placements=[cast.placement.uuid], targets=to, by=acting(cast.ana))

    after = if_worklist_member(cast.ct, [cast.ana.pk], role=None, removed=True)

    assert said(before) == {(cast.ana.pk, cast.ct.pk, False): 1}
    assert said(after) == {}


@pytest.fixture
def waits_at_chest(cast: Cast) -> Cast:
    """A study of CT Reporting waits for approval at Chest Clinic, where Adam alone may approve."""
    services.change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
    to = [Target(Method.GROUP, str(cast.chest.uuid))]
    sharing.share_studies(placements=[cast.placement.uuid], targets=to, by=acting(cast.ana))
    return cast


def test_what_waits_for_approval_counts_for_who_may_approve_it(waits_at_chest: Cast) -> None:
    cast = waits_at_chest
    approver = services.add_role(
        account=cast.northgate,
        name="Approver",
        permissions=["list_studies", "open_study", "approve_study"],
        by=OPERATOR,
    )
    viewer = Role.objects.get(account=cast.northgate, name="Viewer")

    joins = if_worklist_member(cast.chest, [cast.ben.pk], role=approver)
    looks = if_worklist_member(cast.chest, [cast.ben.pk], role=viewer)
    services.add_worklist_member(worklist=cast.chest, user=cast.ben, role=approver, by=OPERATOR)
    loses = if_role(approver, ["list_studies", "open_study"])
    leaves = if_worklist_member(cast.chest, [cast.ben.pk], role=None, removed=True)

    assert said(joins) == {(cast.ben.pk, cast.chest.pk, True): 1}
    assert said(looks) == {}
    assert said(loses) == said(leaves) == {(cast.ben.pk, cast.chest.pk, False): 1}


def test_what_waits_is_not_lost_by_who_can_open_it_elsewhere(waits_at_chest: Cast) -> None:
    cast = waits_at_chest
    role = Role.objects.get(account=cast.northgate, name="Administrator")
    services.add_worklist_member(worklist=cast.chest, user=cast.ana, role=role, by=OPERATOR)

    what = if_worklist_member(cast.chest, [cast.ana.pk], role=None, removed=True)
    services.remove_worklist_member(
        membership=WorklistMembership.objects.get(worklist=cast.ct, user=cast.ana), by=OPERATOR
    )
    then = if_worklist_member(cast.chest, [cast.ana.pk], role=None, removed=True)

    assert said(what) == {}
    assert said(then) == {(cast.ana.pk, cast.chest.pk, False): 1}


def test_what_a_leaver_shared_onward_and_waits_is_lost_by_who_would_approve_it(cast: Cast) -> None:
    services.change_worklist(worklist=cast.chest, needs_approval=True, share_code="CHEST", by=OPERATOR)
    to_ben = [Target(Method.PHYSICIAN, str(cast.ben.uuid), cast.northgate.uuid)]
    study = make_study(cast.emergency)
    there = Placement.objects.get(study=study, worklist=cast.emergency)
    sharing.share_studies(placements=[there.uuid], targets=to_ben, by=acting(cast.adam))
    own = Placement.objects.get(study=study, worklist=cast.ben.personal_worklist)
    report = sharing.share_studies(
        placements=[own.uuid], targets=[Target(Method.CODE, "CHEST")], by=acting(cast.ben)
    )
    assert [row.sentence for row in report.rows] == [""]
    approver = services.add_role(
        account=cast.northgate,
        name="Approver",
        permissions=["list_studies", "open_study", "approve_study"],
        by=OPERATOR,
    )
    services.add_worklist_member(worklist=cast.chest, user=cast.ana, role=approver, by=OPERATOR)
    membership = AccountMembership.objects.get(account=cast.northgate, user=cast.ben)

    what = said(if_left(membership))

    assert what[cast.ana.pk, cast.chest.pk, False] == 1


def test_a_large_role_is_asked_about_in_a_few_statements(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    role = Role.objects.get(account=cast.northgate, name="Radiologist")

    with django_assert_max_num_queries(14):
        what = if_role(role, [])

    assert (cast.ana.pk, cast.ct.pk, False) in said(what)
