"""How many guest links a change of rights would end is said before it is made, and is how many it ends."""

from collections import Counter
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse

from accounts.models import AccountMembership, Role
from audit.actor import OPERATOR
from common.exceptions import NothingThere
from sharing import services as sharing
from sharing.models import GuestLink
from sharing.selectors.what_if import (
    WhatIf,
    if_account_member,
    if_default_role,
    if_left,
    if_role,
    if_worklist_member,
)
from tests.administration.test_people import text_of
from tests.cast import Cast, acting
from tests.factories import join, make_role, make_user, membership_of
from tests.random_world import World
from tests.sharing.guests import made
from tests.sharing.test_guest_links_end_with_rights import make_a_link
from worklists import services
from worklists.access import GUEST_LINK_NEEDS
from worklists.models import WorklistMembership

pytestmark = pytest.mark.django_db

NEEDS = set(GUEST_LINK_NEEDS)
WORLDS, DAYS, TRIES, MOST_LINKS = 2, 6, 6, 6


def a_change(world: World) -> tuple[WhatIf, Any]:
    """What a change of rights would do, and the change."""
    chance, worklist = world.chance, world.chance.choice(world.worklists)
    member, role = world.member(), world.role()
    placed = WorklistMembership.objects.filter(worklist=worklist, user=member.user).first()
    changes = ["role", "account", "left", "default"] + (["own", "removed"] if placed else [])
    match chance.choice(changes):
        case "role":
            ticked = set(role.permissions.values_list("codename", flat=True)) ^ {chance.choice([*NEEDS])}
            what = if_role(role, ticked)
            return what, lambda: services.change_role(role=role, permissions=ticked, by=OPERATOR)
        case "account":
            every = chance.random() < 0.5
            what = if_account_member(member, role=role, every_worklist=every)
            return what, lambda: services.change_account_member(
                membership=member, role=role, every_worklist=every, by=OPERATOR
            )
        case "left":
            by = acting(world.cast.adam)
            return if_left(member), lambda: sharing.leave_account(membership=member.pk, by=by)
        case "default":
            what = if_default_role(worklist, role)
            return what, lambda: services.change_worklist(worklist=worklist, default_role=role, by=OPERATOR)
        case "own":
            what = if_worklist_member(worklist, [member.user_id], role=role)
            return what, lambda: services.change_worklist_member(membership=placed, role=role, by=OPERATOR)
    what = if_worklist_member(worklist, [member.user_id], role=None, removed=True)
    return what, lambda: services.remove_worklist_member(membership=placed, by=OPERATOR)


def test_as_many_links_end_as_was_said(cast: Cast, clock: Any, record_property: Any) -> None:
    met: Counter[str] = Counter()
    for seed in range(WORLDS):
        world = World(cast, clock, seed)
        # While a role is being replaced its people have fewer rights than it says.
        world.without = {"replace"}
        for _ in range(DAYS):
            world.deed()
            while GuestLink.objects.unended().count() < MOST_LINKS and make_a_link(world):
                met["made"] += 1
            for _ in range(TRIES):
                sharing.end_dead_links()
                try:
                    with transaction.atomic():
                        what, change = a_change(world)
                        before = GuestLink.objects.filter(end_reason="no_right").count()
                        change()
                        ended = GuestLink.objects.filter(end_reason="no_right").count() - before
                        assert what.links == ended
                        met["some end" if ended else "none ends"] += 1
                        transaction.set_rollback(True)
                except (NothingThere, PermissionDenied, ValidationError):
                    met["refused"] += 1

    record_property("Said", ", ".join(f"{name} {number}" for name, number in sorted(met.items())))
    assert min(met["some end"], met["none ends"]) > 0


def test_the_page_of_a_role_says_how_many_links_end(client: Any, cast: Cast) -> None:
    role = make_role(cast.northgate, "Linker", NEEDS)
    for number in range(2):
        person = make_user(f"Lena {number}")
        join(person, cast.northgate, "Linker", [cast.ct])
        made(cast, by=person)
    client.force_login(cast.adam)
    page = reverse("admin:accounts_role_change", args=[role.pk])

    typed = {"name": "Linker", "permissions": ["list_studies", "open_study"], "_effect": "1"}
    answer = client.post(page, typed)

    sentence = "2 guest links end, because the people who made them can then make none there."
    assert sentence in text_of(answer)
    assert not GuestLink.objects.exclude(ended_at=None).exists()
    assert Role.objects.get(pk=role.pk).permissions.count() == 3


def test_the_page_of_removing_a_member_of_a_worklist_says_it(client: Any, cast: Cast) -> None:
    make_role(cast.northgate, "Linker", NEEDS)
    lena = make_user("Lena")
    join(lena, cast.northgate, "Linker", [cast.ct])
    made(cast, by=lena)
    client.force_login(cast.adam)
    row = membership_of(lena, cast.ct)

    page = text_of(client.get(reverse("admin:worklists_worklistmembership_delete", args=[row.pk])))

    assert "1 guest link they made stops working" in page
    assert page.count("guest link") == 1


def test_a_change_that_no_link_depends_on_says_nothing_of_links(cast: Cast) -> None:
    made(cast, by=cast.adam)
    membership = AccountMembership.objects.get(account=cast.northgate, user=cast.vera)

    assert if_left(membership).links == 0
