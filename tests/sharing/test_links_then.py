"""Who could open a study through a guest link at a moment: the trail tells what was so at that moment."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from audit import clock as the_clock
from common.exceptions import NothingThere
from sharing import services as sharing
from sharing.models import GuestLink, GuestLinkStudy
from sharing.models.guest_link import State
from sharing.selectors.links_then import links_then
from sharing.services import guest_visits
from studies.models import Placement
from tests.cast import Cast, acting
from tests.factories import make_study, placement_of
from tests.random_world import World
from tests.sharing.guests import made

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


def then(study: Any, at: datetime, places: set[int]) -> tuple[set[str], set[str]]:
    links = [link for link in links_then(study.pk, at) if link.worklist_id in places]
    return (
        {link.uuid for link in links if link.opens(at)},
        {link.uuid for link in links if link.lets_visits_go_on(at)},
    )


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
        moments = []
        for _ in range(CHANGES):
            world.deed()
            try:
                something_with_links(world)
            except (NothingThere, PermissionDenied, ValidationError):
                met["refused"] += 1
            here = Placement.objects.visible().filter(study=world.study)
            places = set(here.values_list("worklist", flat=True))
            moments.append((the_clock.now(), places, told(world.study)))
        assert len(moments) == CHANGES
        for at, places, was in moments:
            assert then(world.study, at, places) == was
            met["opens"] += len(was[0])
            met["used up"] += len(was[1] - was[0])
        met.update(world.met)

    record_property("Replayed", ", ".join(f"{name} {number}" for name, number in sorted(met.items())))
    assert min(met["opens"], met["used up"], met["opened"], met["extended"], met["renewed"]) > 0


def test_a_link_is_told_as_it_was_and_not_as_it_became(cast: Cast, clock: Any) -> None:
    begin = the_clock.now()
    clock.move(hours=1)
    link = made(cast, recipient_name="Dr Lee", password="violet-42", may_download=True)
    first_end, before = link.expires_at, the_clock.now()
    clock.move(hours=1)
    guest_visits.open_link(link=link, password="violet-42")
    sharing.extend_guest_link(link=link.uuid, expires_at=first_end + timedelta(days=9), by=acting(cast.ana))
    between = the_clock.now()
    clock.move(hours=1)
    sharing.end_guest_link(link=link.uuid, by=acting(cast.adam))
    after = the_clock.now()

    assert links_then(cast.study.pk, begin) == []
    [was] = links_then(cast.study.pk, before)
    assert (was.name, was.made_by_id, was.worklist_id) == ("Dr Lee", cast.ana.pk, cast.ct.pk)
    assert (was.until, was.opened_at, was.has_password, was.may_download) == (first_end, (), True, True)
    assert was.opens(before)
    [was] = links_then(cast.study.pk, between)
    assert was.until == first_end + timedelta(days=9)
    assert len(was.opened_at) == 1
    [was] = links_then(cast.study.pk, after)
    assert (was.ended_at is not None, was.why, was.opens(after)) == (True, "", False)


def test_a_link_to_another_study_is_not_told_and_one_statement_is_asked(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    made(cast, placement_of(make_study(cast.ct), cast.ct))
    for _ in range(3):
        made(cast)
    now = the_clock.now()

    with django_assert_num_queries(1):
        links = links_then(cast.study.pk, now)

    assert len(links) == 3
