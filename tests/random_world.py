"""A hospital's days, at random: shares, roles, memberships, people and guest links change through the services.

`World.deed` does one; a refusal is a deed too. The same seed gives the same days.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.models import AccountMembership, Role
from audit import clock as the_clock
from audit.actor import OPERATOR
from common.exceptions import NothingThere
from sharing import services as sharing
from sharing.models import GuestLink, Method, Share
from sharing.services import guest_visits
from sharing.targets import Target
from studies.models import Placement
from tests.cast import PEOPLE, acting
from tests.factories import make_study
from tests.targets import internal_targets
from worklists import services
from worklists.models import Worklist, WorklistMembership

SECOND_EMAILS = ["ed@second.example", "caro@second.example"]
RIGHTS = ["list_studies", "open_study", "create_guest_links", "share_study", "share_study_by_email"]


class World:
    def __init__(self, cast: Any, clock: Any, seed: int) -> None:
        self.cast, self.clock, self.chance = cast, clock, random.Random(seed)
        self.met: Counter[str] = Counter()
        # Names of deeds that are not done.
        self.without: set[str] = set()
        self.people = [getattr(cast, name) for name in PEOPLE]
        self.study = make_study(cast.ct)
        services.change_worklist(worklist=cast.chest, needs_approval=True, share_code="CHEST", by=OPERATOR)

    @property
    def worklists(self) -> list[Worklist]:
        cast = self.cast
        return [cast.ct, cast.emergency, cast.cardiology, cast.chest]

    def deeds(self) -> list[tuple[int, Callable[[], None]]]:
        return [
            (9, self.share), (2, self.end), (2, self.decide), (1, self.remove), (1, self.move),
            (3, self.tick), (2, self.change_member), (2, self.go_or_come), (4, self.change_place),
            (1, self.default_role), (2, self.activity), (3, self.make_link), (1, self.end_link),
            (1, self.replace), (4, self.time_passes),
        ]  # fmt: skip

    def deed(self) -> None:
        """One change; who may not is refused, and nothing has happened."""
        done = [(weight, deed) for weight, deed in self.deeds() if deed.__name__ not in self.without]
        weights, callables = zip(*done, strict=True)
        [chosen] = self.chance.choices(callables, weights)
        try:
            with transaction.atomic():
                chosen()
        except (NothingThere, PermissionDenied, ValidationError):
            self.met["refused"] += 1
        else:
            self.met[chosen.__name__] += 1

    def some(self, rows: Any) -> Any:
        # The order in which a table gives its rows is chance as well, which no seed repeats.
        rows = sorted(rows, key=lambda row: row.pk)
        if not rows:
            raise NothingThere
        return self.chance.choice(rows)

    def actor_on(self, worklist: Worklist) -> Any:
        owner = worklist.owner
        if owner is not None:
            return acting(owner)
        return acting(self.cast.adam if worklist.account_id == self.cast.northgate.pk else self.cast.rita)

    def share(self) -> None:
        cast, chance = self.cast, self.chance
        placement = self.some(Placement.objects.filter(study=self.study).select_related("worklist__owner"))
        target = chance.choice([
            *internal_targets(cast),
            Target(Method.EMAIL, cast.ed.email),
            Target(Method.EMAIL, cast.caro.email),
            Target(Method.EMAIL, "dora@elsewhere.net"),
        ])  # fmt: skip
        days = chance.choice([None, None, 1, 2, 5])
        sharing.share_studies(
            placements=[placement.uuid],
            targets=[target],
            by=self.actor_on(placement.worklist),
            expires_at=None if days is None else the_clock.now() + timedelta(days=days),
        )

    def end(self) -> None:
        share = self.some(Share.objects.unended().filter(study=self.study))
        sharing.end_shares(shares=[share.uuid], by=acting(self.cast.adam))

    def decide(self) -> None:
        share = self.some(Share.objects.awaiting().filter(study=self.study).select_related("to_worklist"))
        approve = self.chance.random() < 0.7
        sharing.decide_share(share=share.uuid, by=acting(self.cast.adam), approve=approve)

    def remove(self) -> None:
        here = Placement.objects.visible().filter(study=self.study, is_home=False)
        placement = self.some(here.select_related("worklist__owner"))
        sharing.remove_from_worklist(placements=[placement.uuid], by=self.actor_on(placement.worklist))

    def move(self) -> None:
        home = Placement.objects.get(study=self.study, is_home=True)
        sharing.move_home(
            placement=home.uuid, worklist=self.chance.choice(self.worklists).uuid,
            by=acting(self.cast.adam), why="theirs",
        )  # fmt: skip
        self.study.refresh_from_db()

    def tick(self) -> None:
        role = self.some(
            Role.objects.filter(account=self.cast.northgate).exclude(name="Administrator").order_by("pk")
        )
        ticked = set(role.permissions.values_list("codename", flat=True))
        services.change_role(role=role, permissions=ticked ^ {self.chance.choice(RIGHTS)}, by=OPERATOR)

    def member(self) -> AccountMembership:
        members = AccountMembership.objects.filter(account=self.cast.northgate)
        return self.some(members.exclude(user=self.cast.adam).order_by("pk"))

    def role(self) -> Role:
        return self.some(Role.objects.filter(account=self.cast.northgate).order_by("pk"))

    def change_member(self) -> None:
        services.change_account_member(
            membership=self.member(), role=self.role(), every_worklist=self.chance.random() < 0.4, by=OPERATOR
        )

    def go_or_come(self) -> None:
        membership = self.member()
        if membership.active:
            sharing.leave_account(membership=membership.pk, by=acting(self.cast.adam))
        else:
            services.reactivate_member(membership=membership, by=OPERATOR)

    def change_place(self) -> None:
        worklist, user = self.chance.choice(self.worklists), self.member().user
        there = WorklistMembership.objects.filter(worklist=worklist, user=user).first()
        role = self.chance.choice([None, self.role()])
        if there is None:
            services.add_worklist_member(worklist=worklist, user=user, role=role, by=OPERATOR)
        elif self.chance.random() < 0.5:
            services.remove_worklist_member(membership=there, by=OPERATOR)
        else:
            services.change_worklist_member(membership=there, role=role, by=OPERATOR)

    def default_role(self) -> None:
        services.change_worklist(
            worklist=self.chance.choice(self.worklists),
            default_role=self.chance.choice([None, self.role()]),
            by=OPERATOR,
        )

    def activity(self) -> None:
        person = self.chance.choice(
            [self.cast.ana, self.cast.vera, self.cast.ben, self.cast.ed, self.cast.caro]
        )
        person.refresh_from_db()
        services.set_active(user=person, active=not person.is_active, by=acting(self.cast.sue))

    def make_link(self) -> None:
        placement = self.some(Placement.objects.visible().filter(study=self.study).select_related("worklist"))
        maker = self.chance.choice(self.people)
        sharing.make_guest_link(placements=[placement.uuid], by=acting(maker))

    def link_of_who_may(self) -> None:
        here = Placement.objects.visible().filter(study=self.study, worklist__in=self.worklists)
        placement, most = self.some(here), self.chance.choice([None, 1, 2])
        sharing.make_guest_link(placements=[placement.uuid], by=acting(self.cast.adam), most_openings=most)

    def end_link(self) -> None:
        link = self.some(GuestLink.objects.unended().order_by("pk"))
        sharing.end_guest_link(link=link.uuid, by=acting(self.cast.adam))

    def replace(self) -> None:
        if self.chance.random() < 0.5:
            services.carry_on_replacements()
        else:
            role = self.some(
                Role.objects.filter(account=self.cast.northgate).exclude(name="Administrator").order_by("pk")
            )
            services.replace_role(role=role, other=self.role(), by=OPERATOR)

    def time_passes(self) -> None:
        self.clock.move(hours=self.chance.choice([1, 20, 30, 60]))


class WiderWorld(World):
    """With what is rarer: links opened and extended, people who leave and join, promises claimed, ends changed."""

    def deeds(self) -> list[tuple[int, Callable[[], None]]]:
        return [
            *super().deeds(),
            (4, self.link_of_who_may), (4, self.open_link), (2, self.extend_link), (1, self.depart), (2, self.join),
            (2, self.promise), (2, self.claim), (2, self.change_end), (1, self.rename),
        ]  # fmt: skip

    def open_link(self) -> None:
        link = self.some(GuestLink.objects.unended().order_by("pk"))
        try:
            guest_visits.open_link(link=link)
        except guest_visits.LinkOver:
            raise NothingThere from None

    def extend_link(self) -> None:
        link = self.some(GuestLink.objects.unended().order_by("pk"))
        end = the_clock.now() + timedelta(days=self.chance.choice([1, 3, 9]))
        sharing.extend_guest_link(link=link.uuid, expires_at=end, by=acting(self.cast.adam))

    def rename(self) -> None:
        services.change_role(role=self.role(), name=f"Role {self.chance.random():.6f}", by=OPERATOR)

    def depart(self) -> None:
        """Out of the account, with every membership of its worklists."""
        sharing.leave_account(membership=self.member().pk, by=acting(self.cast.adam), remove=True)

    def join(self) -> None:
        outside = [person for person in self.people if not person.account_memberships.exists()]
        services.add_account_member(
            account=self.cast.northgate, user=self.some(outside), role=self.role(), by=OPERATOR,
            every_worklist=self.chance.random() < 0.3,
        )  # fmt: skip

    def promise(self) -> None:
        """To an email that a person here proves later."""
        home = Placement.objects.select_related("worklist").get(study=self.study, is_home=True)
        days = self.chance.choice([None, 2, 5])
        sharing.share_studies(
            placements=[home.uuid],
            targets=[Target(Method.EMAIL, self.chance.choice(SECOND_EMAILS))],
            by=self.actor_on(home.worklist),
            expires_at=None if days is None else the_clock.now() + timedelta(days=days),
        )

    def claim(self) -> None:
        """Ed and Caro prove emails to which something was promised."""
        person, email = self.chance.choice([*zip([self.cast.ed, self.cast.caro], SECOND_EMAILS, strict=True)])
        EmailAddress.objects.get_or_create(user=person, email=email, defaults={"verified": True})
        if not sharing.claim_promises(by=acting(person)):
            raise NothingThere
        EmailAddress.objects.filter(user=person, email=email).delete()

    def change_end(self) -> None:
        share = self.some(Share.objects.unended().filter(study=self.study).select_related("shared_by"))
        days = self.chance.choice([None, 1, 4])
        end = None if days is None else the_clock.now() + timedelta(days=days)
        sharing.change_share(share=share.uuid, by=acting(share.shared_by), expires_at=end, note=None)
