"""Who could open a study at a moment, told from the audit trail: the same as was told at that moment."""

from collections import Counter
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import connection

from accounts.models import Role, User
from audit import clock as the_clock
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing.explanation import Obstacle, explain, explain_link
from sharing.models import GuestLink, Method
from sharing.openers import all_who_can_open
from sharing.selectors.explaining import facts_about, facts_about_links
from sharing.selectors.explaining_then import facts_at, facts_of_everyone, known_from, rights_then, trail_of
from sharing.services import claim_promises
from tests.cast import acting
from tests.factories import join, make_user
from tests.random_world import WiderWorld
from tests.sharing.share_pages import share
from worklists.services import change_role, remove_member_without_shares, set_active
from worklists.services.noting import note_rights

pytestmark = pytest.mark.django_db

WORLDS, DEEDS, PEOPLE_ASKED, MOMENTS = 3, 60, 3, 25


def as_told(facts, person):
    explanation = explain(facts, person)
    return {
        (way.worklist, tuple(step.uuid for step in way.path), way.until, way.external, way.held.rights)
        for way in explanation.ways
    }


def everyone_as_told(facts, people):
    """By person, those who can open the study; by uuid, the guest links that show it."""
    return {person: told for person in people if (told := as_told(facts, person))}


def links_as_told(facts):
    shown = {uuid: explain_link(facts, link).ways for uuid, link in facts.links.items()}
    return {uuid: (ways[0].worklist, ways[0].until) for uuid, ways in shown.items() if ways}


def told_now(world):
    """The moment, and from the rows as they are: who can open the study, and which links show it."""
    moment, study = the_clock.now(), world.study.pk
    people = list(User.objects.values_list("pk", flat=True))
    facts = facts_about(study, people)
    links = facts_about_links(study, GuestLink.objects.values_list("pk", flat=True))
    return moment, everyone_as_told(facts, people), links_as_told(links)


def replayed(study, moment):
    facts = facts_of_everyone(trail_of(study, moment, known_from()))
    able = all_who_can_open(facts)
    return everyone_as_told(facts, able), links_as_told(facts)


def live_through(world, deeds):
    note_rights()
    told = []
    for _ in range(deeds):
        world.deed()
        told.append(told_now(world))
    return told


def compare(world, told):
    """At random moments: everybody at once, and some people asked about alone."""
    met = Counter(world.met)
    for moment, people, links in world.chance.sample(told, min(MOMENTS, len(told))):
        then, links_then = replayed(world.study, moment)
        assert then == people
        assert links_then == links
        for person in world.chance.sample(world.people, PEOPLE_ASKED):
            assert as_told(facts_at(world.study, [person.pk], moment), person.pk) == people.get(
                person.pk, set()
            )
            met["opens" if person.pk in people else "opens not"] += 1
        met["links open"] += len(links)
    return met


def test_what_is_replayed_is_what_was_explained_then(cast, clock, record_property):
    met = Counter()
    for seed in range(WORLDS):
        world = WiderWorld(cast, clock, seed)
        # The groups of a role that is being replaced follow in the background, which no event tells.
        world.without = {"replace"}
        met += compare(world, live_through(world, DEEDS))

    record_property("Replayed", ", ".join(f"{name} {number}" for name, number in sorted(met.items())))
    assert min(met["opens"], met["opens not"], met["links open"], met["share"], met["tick"]) > 0


@pytest.mark.slow
def test_thousands_of_days_are_replayed_as_they_were(cast, clock, record_property):
    met = Counter()
    for seed in range(100, 120):
        world = WiderWorld(cast, clock, seed)
        world.without = {"replace"}
        met += compare(world, live_through(world, 150))

    record_property("Replayed", ", ".join(f"{name} {number}" for name, number in sorted(met.items())))
    rare = ("claim", "open_link", "extend_link", "depart", "join", "change_end", "move", "decide")
    assert [name for name in rare if not met[name]] == []


@pytest.fixture
def noted(cast):
    assert note_rights() > 0
    return cast


def could_open(study, person, moment):
    return explain(facts_at(study, [person.pk], moment), person.pk)


def test_rights_are_noted_once(noted):
    assert note_rights() == 0


def test_before_rights_were_noted_nothing_is_told(cast):
    before = the_clock.now()
    note_rights()

    assert facts_at(cast.study, [cast.ana.pk], before) is None


def test_before_the_study_arrived_nothing_is_told(noted, clock):
    study, moment = noted.study, the_clock.now()
    study.arrived_at = the_clock.now()

    assert facts_at(study, [noted.ana.pk], moment) is None


def test_a_permission_that_was_taken_counted_before(noted):
    viewer, before = Role.objects.get(account=noted.northgate, name="Viewer"), the_clock.now()
    change_role(role=viewer, permissions=["list_studies"], by=OPERATOR)
    after = the_clock.now()

    assert could_open(noted.study, noted.vera, before).opens
    assert could_open(noted.study, noted.vera, after).reasons[0].obstacle is Obstacle.MAY_NOT_OPEN


def test_a_person_who_was_removed_could_open_before(noted):
    before = the_clock.now()
    membership = noted.vera.account_memberships.get()
    remove_member_without_shares(membership=membership, by=OPERATOR)

    assert could_open(noted.study, noted.vera, before).opens
    assert could_open(noted.study, noted.vera, the_clock.now()).reasons[0].obstacle is Obstacle.NOT_A_MEMBER


def test_a_deactivated_person_could_open_before(noted):
    before = the_clock.now()
    set_active(user=noted.vera, active=False, by=acting(noted.sue))

    assert could_open(noted.study, noted.vera, before).opens
    assert could_open(noted.study, noted.vera, the_clock.now()).reasons[0].obstacle is Obstacle.DEACTIVATED


def test_who_joined_later_could_not_open_before(noted):
    before = the_clock.now()
    person = make_user("Eve")
    join(person, noted.northgate, "Viewer", [noted.ct])

    assert not could_open(noted.study, person, before).opens
    assert could_open(noted.study, person, the_clock.now()).opens


def test_a_share_counts_until_its_end_date_whatever_its_events_say_later(noted, clock):
    end = the_clock.now() + timedelta(days=2)
    share(noted.ana, noted.placement, Method.LOCATION, noted.emergency.uuid, expires_at=end)
    clock.move(days=5)

    assert could_open(noted.study, noted.ben, end - timedelta(days=1)).opens
    assert not could_open(noted.study, noted.ben, end).opens


def test_a_share_that_a_claimed_promise_lengthened_counts_longer(noted, clock):
    end = the_clock.now() + timedelta(days=2)
    share(noted.ana, noted.placement, Method.EMAIL, noted.ed.email, expires_at=end)
    share(noted.ana, noted.placement, Method.EMAIL, "ed@second.example")
    EmailAddress.objects.create(user=noted.ed, email="ed@second.example", verified=True)
    assert claim_promises(by=acting(noted.ed)) == 0
    clock.move(days=5)

    assert could_open(noted.study, noted.ed, the_clock.now()).opens
    assert explain(facts_about(noted.study.pk, [noted.ed.pk]), noted.ed.pk).opens
    [changed] = AuditEvent.objects.filter(action=Action.SHARE_CHANGE)
    assert (changed.detail["until"], changed.detail["was_until"]) == ("", end.isoformat())


def test_when_a_membership_that_was_noted_began_is_in_the_note(noted):
    joined = noted.vera.worklist_memberships.get(worklist=noted.ct).joined_at

    held = facts_at(noted.study, [noted.vera.pk], the_clock.now()).standings.held(noted.vera.pk, noted.ct.pk)

    assert held.since == joined


def test_for_everyone_it_takes_as_many_statements(noted, django_assert_num_queries):
    share(noted.ana, noted.placement, Method.LOCATION, noted.emergency.uuid)
    moment = the_clock.now()

    with django_assert_num_queries(6):
        able = all_who_can_open(facts_of_everyone(trail_of(noted.study, moment, known_from())))
    assert {noted.ana.pk, noted.ben.pk} <= able


def test_the_rights_of_a_moment_are_read_through_their_index(noted):
    """However many events an account has: those of rights alone are read."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    rows = rights_then(None, {noted.ct.pk}, {noted.northgate.pk}, the_clock.now())

    plan = rows.explain()

    assert "audit_of_rights" in plan
    assert "Seq Scan" not in plan


def test_since_when_rights_are_known_is_read_through_its_index(noted):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = AuditEvent.objects.filter(action=Action.RIGHTS_NOTE).order_by("id")[:1].explain()

    assert "audit_of_noted_rights" in plan


def test_a_replay_takes_six_statements(noted, django_assert_num_queries):
    share(noted.ana, noted.placement, Method.LOCATION, noted.emergency.uuid)
    moment = the_clock.now()

    with django_assert_num_queries(6):
        facts_at(noted.study, [noted.ana.pk, noted.ben.pk], moment)
    assert AuditEvent.objects.filter(action=Action.RIGHTS_NOTE).exists()
