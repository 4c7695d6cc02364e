"""Who can open a study, and why not: the same as the rights say, in random worlds; and each reason by name."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AccountMembership, Role, User
from audit import clock as the_clock
from audit.actor import OPERATOR, Actor
from sharing import services
from sharing.explanation import Obstacle, explain, explain_link
from sharing.models import GuestLink, Method
from sharing.models.guest_link import State
from sharing.selectors.explaining import facts_about, facts_about_links
from sharing.selectors.guest_links import acting_link
from studies.selectors import placements_to_decide_on, placements_visible_to
from tests.cast import acting
from tests.factories import join, make_group, make_user, placement_of
from tests.random_world import World
from tests.sharing.guests import made
from tests.sharing.share_pages import share
from worklists.models import WorklistMembership
from worklists.services import (
    add_worklist_member,
    change_role,
    change_worklist,
    replace_role,
    set_active,
)

pytestmark = pytest.mark.django_db

FEWEST_WORLDS, MOST_WORLDS, DEEDS, PEOPLE_ASKED = 2, 20, 40, 4


def where_opened(by, study):
    """By the rights themselves: the worklists where the actor may open the study, or open it to decide."""
    seen = placements_visible_to(by).filter(study=study).select_related("worklist")
    waiting = placements_to_decide_on(by).filter(study=study).values_list("worklist", flat=True)
    return {each.worklist_id for each in seen if by.may("open_study", each.worklist)} | set(waiting)


def explained(study, person):
    return explain(facts_about(study.pk, [person.pk]), person.pk)


def first(study, person):
    return explained(study, person).reasons[0]


# In random worlds


class LinkedWorld(World):
    """With links of somebody who may make them: by anyone at all they are made too seldom to be met."""

    def deeds(self):
        return [*super().deeds(), (3, self.link_of_who_may)]


def test_what_is_explained_is_what_the_rights_are(cast, clock, record_property):
    met = Counter()
    for seed in range(MOST_WORLDS):
        world = LinkedWorld(cast, clock, seed)
        for _ in range(DEEDS):
            world.deed()
            met.update(compare(world))
        met.update(world.met)
        if seed >= FEWEST_WORLDS and all(met[name] for name in EVERYTHING):
            break

    record_property("Explained", ", ".join(f"{name} {number}" for name, number in sorted(met.items())))
    assert [name for name in EVERYTHING if not met[name]] == []


def compare(world):
    """Some people and every link, each with what the rights say; what was met."""
    met, study = Counter(), world.study
    people = world.chance.sample(world.people, PEOPLE_ASKED)
    facts = facts_about(study.pk, [person.pk for person in people])
    for person in people:
        explanation = explain(facts, person.pk)
        by = Actor.of(User.objects.get(pk=person.pk))
        assert {way.worklist for way in explanation.ways} == where_opened(by, study)
        assert explanation.opens == (not explanation.reasons)
        met.update(str(reason.obstacle) for reason in explanation.reasons)
        met["opens"] += explanation.opens
        met["opens to decide"] += any(way.for_approval for way in explanation.ways)
    keys = list(GuestLink.objects.filter(studies__study=study).values_list("pk", flat=True))
    told = facts_about_links(study.pk, keys)
    for link in GuestLink.objects.with_facts().with_names().filter(pk__in=keys):
        explanation = explain_link(told, told.links[link.uuid])
        opened = (
            where_opened(Actor.guest(acting_link(link)), study) if link.state.lets_visits_go_on else set()
        )
        assert {way.worklist for way in explanation.ways} == opened
        assert explanation.opens == (not explanation.reasons)
        met.update(str(reason.obstacle) for reason in explanation.reasons)
        met["link opens"] += explanation.opens
    return met


# These have tests of their own.
RARE = {
    *(Obstacle.DELETED, Obstacle.EXPIRED, Obstacle.CUT_OFF),
    *(Obstacle.CHANGING, Obstacle.LINK_MAKER, Obstacle.LINK_ROLE),
}
EVERYTHING = [
    *(str(each) for each in Obstacle if each not in RARE),
    "opens",
    "opens to decide",
    "link opens",
]


# The path


def test_a_way_has_its_path_its_role_and_both_moments(cast, clock):
    join(make_user("Eve"), cast.northgate, "Radiologist", [cast.emergency])
    first_share = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    end = the_clock.now() + timedelta(days=9)
    on_emergency = placement_of(cast.study, cast.emergency)
    second = share(cast.ben, on_emergency, Method.CODE, "RIVERSIDE", expires_at=end)

    [way] = explained(cast.study, cast.caro).ways

    assert [step.uuid for step in way.path] == [first_share.uuid, second.uuid]
    assert (way.worklist, way.held.role, way.granted_by) == (cast.imaging.pk, "Radiologist", cast.ben.pk)
    assert (way.until, way.external) == (end, False)
    assert way.since == second.shared_at


def test_the_path_is_the_one_that_lasts_longest(cast):
    soon = the_clock.now() + timedelta(days=1)
    share(cast.ana, cast.placement, Method.CODE, "RIVERSIDE", expires_at=soon)
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    lasting = share(cast.ben, placement_of(cast.study, cast.emergency), Method.CODE, "RIVERSIDE")

    [way] = explained(cast.study, cast.caro).ways

    assert [step.uuid for step in way.path][-1] == lasting.uuid
    assert len(way.path) == 2


def test_at_home_there_is_no_path(cast):
    [way] = explained(cast.study, cast.ana).ways

    assert (way.path, way.granted_by, way.worklist) == ((), None, cast.ct.pk)


# Why not


def test_a_stranger_is_not_a_member_of_any_worklist_where_the_study_is(cast):
    assert first(cast.study, cast.caro).obstacle is Obstacle.NOT_A_MEMBER
    assert first(cast.study, cast.sue).obstacle is Obstacle.NOT_A_MEMBER


def test_a_role_that_may_not_open_is_named(cast):
    viewer = Role.objects.get(account=cast.northgate, name="Viewer")
    change_role(role=viewer, permissions=["list_studies"], by=OPERATOR)

    reason = first(cast.study, cast.vera)

    assert (reason.obstacle, reason.worklist, reason.role) == (Obstacle.MAY_NOT_OPEN, cast.ct.pk, "Viewer")


def test_a_role_that_may_not_list_is_named(cast):
    reason = first(cast.study, cast.nolan)

    assert (reason.obstacle, reason.role) == (Obstacle.MAY_NOT_LIST, "Listless")


def test_an_inactive_membership_is_told(cast):
    reason = first(cast.study, cast.ina)

    assert (reason.obstacle, reason.worklist) == (Obstacle.INACTIVE, cast.ct.pk)


def test_a_deactivated_person_is_told_first(cast):
    set_active(user=cast.ana, active=False, by=acting(cast.sue))

    assert first(cast.study, cast.ana).obstacle is Obstacle.DEACTIVATED


def test_a_share_that_waits_for_approval_is_told(cast):
    change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
    join(viewer := make_user("Eve"), cast.northgate, "Viewer", [cast.chest])
    waiting = share(cast.ana, cast.placement, Method.GROUP, cast.chest.uuid)

    reason = first(cast.study, viewer)

    assert (reason.obstacle, reason.share.uuid) == (Obstacle.WAITING, waiting.uuid)


def test_who_may_approve_where_it_waits_can_open_it(cast):
    change_worklist(worklist=cast.chest, needs_approval=True, by=OPERATOR)
    add_worklist_member(worklist=cast.chest, user=cast.ben, role=None, by=OPERATOR)
    waiting = share(cast.ana, cast.placement, Method.GROUP, cast.chest.uuid)

    [way] = explained(cast.study, cast.ben).ways

    assert (way.worklist, way.for_approval, [step.uuid for step in way.path]) == (
        cast.chest.pk,
        True,
        [waiting.uuid],
    )


def test_a_share_that_was_ended_is_told_with_its_moment(cast):
    ended = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    services.end_shares(shares=[ended.uuid], by=acting(cast.ana))
    ended.refresh_from_db()

    reason = first(cast.study, cast.ben)

    assert (reason.obstacle, reason.at) == (Obstacle.ENDED, ended.ended_at)


def test_a_share_whose_end_date_passed_is_told_before_any_sweep(cast, clock):
    end = the_clock.now() + timedelta(days=2)
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid, expires_at=end)
    clock.move(days=3)

    reason = first(cast.study, cast.ben)

    assert (reason.obstacle, reason.at) == (Obstacle.EXPIRED, end)


def test_a_share_that_hung_on_an_expired_share_is_told(cast, clock):
    end = the_clock.now() + timedelta(days=2)
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid, expires_at=end)
    share(cast.ben, placement_of(cast.study, cast.emergency), Method.CODE, "RIVERSIDE")
    clock.move(days=3)

    assert first(cast.study, cast.caro).obstacle is Obstacle.CUT_OFF


def test_of_a_deleted_study_everyone_is_told_that_it_was_deleted(cast):
    services.delete_study(placement=cast.placement.uuid, by=acting(cast.adam), why="wrong patient")
    cast.study.refresh_from_db()

    reason = first(cast.study, cast.ana)

    assert (reason.obstacle, reason.at) == (Obstacle.DELETED, cast.study.deleted_at)


def test_while_a_role_is_replaced_the_rights_are_those_of_the_groups(cast):
    radiologist, viewer = (
        Role.objects.get(account=cast.northgate, name=name) for name in ("Radiologist", "Viewer")
    )
    change_role(role=radiologist, permissions=["list_studies"], by=OPERATOR)
    replace_role(role=radiologist, other=viewer, by=OPERATOR)

    reason = first(cast.study, cast.ana)

    assert (reason.obstacle, reason.role) == (Obstacle.CHANGING, "Viewer")
    assert where_opened(acting(cast.ana), cast.study) == set()


# Guest links


def told_link(study, link):
    facts = facts_about_links(study.pk, [link.pk])
    return explain_link(facts, facts.links[link.uuid])


def test_a_link_opens_until_its_own_end(cast):
    link = made(cast)

    [way] = told_link(cast.study, link).ways

    assert (way.worklist, way.until, way.since) == (cast.ct.pk, link.expires_at, link.made_at)


def test_a_link_whose_maker_lost_the_right_has_ended(cast):
    link = made(cast)
    radiologist = Role.objects.get(account=cast.northgate, name="Radiologist")
    change_role(role=radiologist, permissions=["list_studies", "open_study"], by=OPERATOR)

    reason = told_link(cast.study, link).reasons[0]
    assert (reason.obstacle, reason.state) == (Obstacle.LINK_OVER, State.ENDED)


def test_a_link_whose_maker_lost_the_right_without_a_service_says_so(cast):
    link = made(cast)
    radiologist = Role.objects.get(account=cast.northgate, name="Radiologist")
    radiologist.permissions.remove(radiologist.permissions.get(codename="create_guest_links"))

    assert told_link(cast.study, link).reasons[0].obstacle is Obstacle.LINK_MAKER


def test_links_open_nothing_when_the_role_guest_may_not(cast):
    link = made(cast)
    guest = Role.objects.get(platform_key="guest")
    change_role(role=guest, permissions=["download_study"], by=acting(cast.sue))

    assert told_link(cast.study, link).reasons[0].obstacle is Obstacle.LINK_ROLE


# What it costs


@pytest.fixture
def crowded(cast):
    """A study on twenty more worklists, each with a member of its own; the number of people too."""

    def fill(number):
        for n in range(number):
            group = make_group(cast.northgate)
            join(make_user(f"Person {n} of {group.name}"), cast.northgate, "Viewer", [group])
            share(cast.ana, cast.placement, Method.GROUP, group.uuid)
        return list(User.objects.values_list("pk", flat=True))

    return fill


def test_reading_the_facts_costs_the_same_for_any_number_of_people_and_worklists(cast, crowded):
    def cost(people):
        with CaptureQueriesContext(connection) as queries:
            facts_about(cast.study.pk, people)
        return len(queries)

    few = cost(crowded(1))

    assert (few, cost(crowded(12))) == (10, 10)
    assert WorklistMembership.objects.count() > AccountMembership.objects.filter(every_worklist=True).count()
