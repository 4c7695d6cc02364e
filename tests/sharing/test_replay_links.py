"""Who could open a study through a guest link at a moment: the trail tells what was so at that moment."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from audit import clock as the_clock
from audit.actions import Action
from audit.models import AuditEvent
from common.exceptions import NothingThere
from sharing import services as sharing
from sharing.explanation import link_state
from sharing.models import GuestLink, GuestLinkStudy
from sharing.models.guest_link import State
from sharing.replay import LinkThen
from sharing.selectors.explaining_then import facts_of_everyone, known_from, trail_of
from sharing.services import guest_visits
from studies.models import Placement
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from tests.random_world import World
from tests.sharing.guests import made
from worklists.services.noting import note_rights

pytestmark = pytest.mark.django_db

WORLDS, CHANGES, MOST_LINKS = 2, 50, 4


def told(study: Any) -> tuple[set[str], set[str]]:
    """The links that open the study now, and those by which a visit goes on: by the rows, as visitors are answered."""
    here = GuestLinkStudy.objects.standing().filter(study=study).values("link")
    links = list(GuestLink.objects.with_facts().filter(pk__in=here))
    return (
        {str(link.uuid) for link in links if link.state is State.OPEN},
        {str(link.uuid) for link in links if link.state.lets_visits_go_on},
    )


def then(study: Any, at: datetime) -> tuple[set[str], set[str]]:
    trail = trail_of(study, at, known_from())
    assert trail is not None
    facts = facts_of_everyone(trail)
    states = {str(link.uuid): link_state(facts, link) for link in facts.links.values()}
    return (
        {uuid for uuid, state in states.items() if state is State.OPEN},
        {uuid for uuid, state in states.items() if state.lets_visits_go_on},
    )


def links_then(study: Any, at: datetime) -> list[LinkThen]:
    trail = trail_of(study, at, known_from())
    assert trail is not None
    return list(trail.then.links.values())


def something_with_links(world: World) -> None:
    """A link is made, opened, extended, given a new URL or guessed at."""
    link = world.chance.choice(list(GuestLink.objects.unended().order_by("pk")) or [None])
    if link is None or (GuestLink.objects.unended().count() < MOST_LINKS and world.chance.random() < 0.5):
        placement = world.some(Placement.objects.visible().filter(study=world.study).order_by("pk"))
        sharing.make_guest_link(
            placements=[placement.uuid],
            by=acting(world.chance.choice([world.cast.adam, world.cast.ana, world.cast.ben])),
            most_openings=world.chance.choice([None, 1, 2]),
            expires_at=the_clock.now() + timedelta(days=world.chance.choice([1, 2, 6])),
        )
        return
    deed = world.chance.choice(["open", "open", "extend", "renew"])
    by = acting(link.made_by)
    if deed == "open":
        found = guest_visits.find_named(link.uuid, link.generation)
        if found is not None and found.state is State.OPEN:
            guest_visits.open_link(link=found)
            world.met["opened"] += 1
    elif deed == "extend":
        days = world.chance.choice([1, 3, 9])
        sharing.extend_guest_link(link=link.uuid, expires_at=the_clock.now() + timedelta(days=days), by=by)
        world.met["extended"] += 1
    else:
        sharing.renew_guest_link(link=link.uuid, generation=link.generation, by=by)
        world.met["renewed"] += 1


def test_what_the_trail_tells_of_a_moment_is_what_was_so_then(
    cast: Cast, clock: Any, record_property: Any
) -> None:
    met: Counter[str] = Counter()
    for seed in range(WORLDS):
        world = World(cast, clock, seed)
        # The groups of a role that is being replaced follow in the background, which no event tells.
        world.without = {"replace"}
        note_rights()
        moments = []
        for _ in range(CHANGES):
            world.deed()
            try:
                something_with_links(world)
            except (NothingThere, PermissionDenied, ValidationError):
                met["refused"] += 1
            moments.append((the_clock.now(), told(world.study)))
        assert len(moments) == CHANGES
        for at, was in moments:
            assert then(world.study, at) == was
            met["opens"] += len(was[0])
            met["used up"] += len(was[1] - was[0])
        met.update(world.met)

    record_property("Replayed", ", ".join(f"{name} {number}" for name, number in sorted(met.items())))
    assert min(met["opens"], met["used up"], met["opened"], met["extended"], met["renewed"]) > 0


def test_a_link_is_told_as_it_was_and_not_as_it_became(cast: Cast, clock: Any) -> None:
    note_rights()
    begin = the_clock.now()
    clock.move(hours=1)
    link = made(cast, recipient_name="Dr Lee", password="violet-42", may_download=True, most_openings=1)
    first_end, before = link.expires_at, the_clock.now()
    clock.move(hours=1)
    guest_visits.open_link(link=link, password="violet-42")
    sharing.extend_guest_link(link=link.uuid, expires_at=first_end + timedelta(days=9), by=acting(cast.ana))
    between = the_clock.now()
    clock.move(hours=1)
    sharing.end_guest_link(link=link.uuid, by=acting(cast.adam))
    after = the_clock.now()

    assert links_then(cast.study, begin) == []
    [was] = links_then(cast.study, before)
    assert (was.name, was.fact.made_by, was.fact.worklist) == ("Dr Lee", cast.ana.pk, cast.ct.pk)
    assert (was.fact.expires_at, was.openings) == (first_end, 0)
    assert then(cast.study, before) == ({str(link.uuid)}, {str(link.uuid)})
    [was] = links_then(cast.study, between)
    assert (was.fact.expires_at, was.openings) == (first_end + timedelta(days=9), 1)
    assert then(cast.study, between) == (set(), {str(link.uuid)})
    [was] = links_then(cast.study, after)
    assert (was.fact.ended_at is not None, was.fact.end_reason) == (True, "ended")
    assert then(cast.study, after) == (set(), set())
    made_event = AuditEvent.objects.get(action=Action.GUEST_LINK_ADD)
    assert (made_event.detail["has_password"], made_event.detail["may_download"]) == (True, True)


def test_a_link_to_another_study_is_not_told_and_links_are_read_with_the_trail(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    note_rights()
    made(cast, placement_of(make_study(cast.ct), cast.ct))
    for _ in range(3):
        made(cast)
    now = the_clock.now()

    # From when on the trail reaches, and the trail.
    with django_assert_num_queries(2):
        links = links_then(cast.study, now)

    assert len(links) == 3
