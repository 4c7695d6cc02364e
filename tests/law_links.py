"""Guest links in the property test of the law: none outlives its root, none shows more."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from sharing import services
from sharing.models import GuestLink
from sharing.selectors import guest_links
from sharing.services import guest_visits
from studies.models import Placement
from studies.selectors import placements_visible_to
from tests.cast import acting
from tests.law_model import times

# Alive at a time: each is opened at every step, and of the dead one, in turn.
MOST_LINKS = 2


class MadeLink(NamedTuple):
    link: GuestLink
    study: int
    worklist: int
    placement: int
    expires_at: datetime


class WithLinks:
    """Rules beside those of shares: a link is made where a placement is, extended, ended, and read at every step."""

    links: list[MadeLink]
    dead: set[int]

    def begin_links(self) -> None:
        self.links, self.dead = [], set()

    @rule(which=st.integers(0, 20), days=st.sampled_from([None, 0, 1, 3]))
    def make_link(self: Any, which: int, days: int | None) -> None:
        if len(self.links) - len(self.dead) >= MOST_LINKS:
            return
        here = self.placed()
        placement = here[which % len(here)]
        actor = acting(self.actors[placement.worklist_id])
        wanted = None if days is None else self.now().date() + timedelta(days=days)
        try:
            link = services.make_guest_link(placements=[placement.uuid], by=actor, expires_at=wanted)
        except services.NothingThere:
            assert placement.visible_until <= self.now()
        except PermissionDenied:
            assert placement.worklist.is_personal
        except ValidationError as refusal:
            # The study leaves before that day.
            assert refusal.code == "until"
        else:
            self.met["link"] += 1
            self.links.append(
                MadeLink(link, self.study.pk, placement.worklist_id, placement.pk, link.expires_at)
            )

    @rule(which=st.integers(0, 20), days=st.sampled_from([1, 2, 5, 40]))
    def extend_link(self: Any, which: int, days: int) -> None:
        if not self.links:
            return
        number = which % len(self.links)
        made = self.links[number]
        wanted = self.now().date() + timedelta(days=days)
        try:
            link = services.extend_guest_link(
                link=made.link.uuid, expires_at=wanted, by=acting(self.world.cast.adam)
            )
        except (services.NothingThere, ValidationError):
            return
        assert made.link.pk not in self.dead
        assert link.expires_at <= made.link.made_at + timedelta(days=31)
        self.met["link extended"] += 1
        self.links[number] = made._replace(expires_at=link.expires_at)

    @rule(which=st.integers(0, 20), often=st.integers(0, 2))
    def end_link(self: Any, which: int, often: int) -> None:
        if often or not self.links:
            return
        made = self.links[which % len(self.links)]
        try:
            services.end_guest_link(link=made.link.uuid, by=acting(self.world.cast.adam))
        except (services.NothingThere, ValidationError):
            return
        self.dead.add(made.link.pk)

    @invariant()
    def no_link_outlives_its_root(self: Any) -> None:
        now = self.now()
        if not self.stale:
            # Before anyone comes by a link: what a change took from it has ended it already.
            assert not GuestLink.objects.dead().filter(is_expired=False).exists()
        dead = [made for made in self.links if made.link.pk in self.dead]
        living = [made for made in self.links if made.link.pk not in self.dead]
        for made in [*living, *dead[self.met["steps"] % max(len(dead), 1) :][:1]]:
            stands = made.study == self.study.pk and made.expires_at > now
            if stands:
                stands = times(self.study.home_id, made.worklist, self.grants.values())[0] > now
            same = Placement.objects.filter(pk=made.placement).exists()
            found = guest_visits.find(token=guest_links.token_of(made.link))
            is_open = found is not None and found.state.lets_visits_go_on
            assert is_open == (stands and same and made.link.pk not in self.dead)
            if made.link.pk in self.dead:
                continue
            by = guest_visits.resume(link=made.link.uuid, generation=1)
            assert (by is not None) == is_open
            if by is not None:
                assert [each.pk for each in placements_visible_to(by)] == [made.placement]
                assert by.rights(self.world.worklists[made.worklist]) == {"open_study"}
            else:
                self.met["link dead"] += made.link.pk not in self.dead
                self.dead.add(made.link.pk)
