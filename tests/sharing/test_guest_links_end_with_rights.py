"""A guest link ends with the right it depends on, in the transaction that takes the right away."""

from collections import Counter
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import AccountMembership, Role
from audit.actions import Action
from audit.models import AuditEvent
from common.exceptions import NothingThere
from sharing import services as sharing
from sharing.models import GuestLink, Method
from sharing.targets import Target
from studies.models import Placement
from tests.cast import Cast, acting
from tests.factories import join, make_role, make_study, make_user, membership_of, placement_of
from tests.overlap import at_once
from tests.random_world import World
from tests.sharing.guests import made
from worklists import services
from worklists.access import GUEST_LINK_NEEDS

NEEDS = set(GUEST_LINK_NEEDS)
WORLDS, CHANGES, MOST_LINKS = 3, 60, 6


@pytest.fixture
def lena(cast: Cast) -> Any:
    """May make guest links on CT Reporting by her account role, *Linker*."""
    make_role(cast.northgate, "Linker", NEEDS)
    make_role(cast.northgate, "Reader", {"list_studies", "open_study"})
    lena = make_user("Lena")
    join(lena, cast.northgate, "Linker", [cast.ct])
    return lena


def role(cast: Cast, name: str) -> Role:
    return Role.objects.get(account=cast.northgate, name=name)


def member(cast: Cast, person: Any) -> AccountMembership:
    return AccountMembership.objects.get(account=cast.northgate, user=person)


def share_with(cast: Cast, person: Any, placement: Any) -> None:
    target = Target(Method.PHYSICIAN, str(person.uuid), cast.northgate.uuid)
    sharing.share_studies(placements=[placement.uuid], targets=[target], by=acting(cast.ana))


def unticked(cast: Cast, lena: Any) -> None:
    services.change_role(role=role(cast, "Linker"), permissions=NEEDS - {"open_study"}, by=acting(cast.adam))


def another_account_role(cast: Cast, lena: Any) -> None:
    membership = member(cast, lena)
    services.change_account_member(membership=membership, role=role(cast, "Reader"), by=acting(cast.adam))


def a_role_of_their_own_there(cast: Cast, lena: Any) -> None:
    services.change_worklist_member(
        membership=membership_of(lena, cast.ct), role=role(cast, "Reader"), by=acting(cast.adam)
    )


def a_default_role_there(cast: Cast, lena: Any) -> None:
    services.change_worklist(worklist=cast.ct, default_role=role(cast, "Reader"), by=acting(cast.adam))


def off_the_worklist(cast: Cast, lena: Any) -> None:
    services.remove_worklist_member(membership=membership_of(lena, cast.ct), by=acting(cast.adam))


def replaced_by_another_role(cast: Cast, lena: Any) -> None:
    services.replace_role(role=role(cast, "Linker"), other=role(cast, "Reader"), by=acting(cast.adam))


def inactive_in_the_account(cast: Cast, lena: Any) -> None:
    sharing.leave_account(membership=member(cast, lena).pk, by=acting(cast.adam))


def out_of_the_account(cast: Cast, lena: Any) -> None:
    sharing.leave_account(membership=member(cast, lena).pk, by=acting(lena), remove=True)


def deactivated(cast: Cast, lena: Any) -> None:
    services.set_active(user=lena, active=False, by=acting(cast.sue))


WAYS = [
    unticked, another_account_role, a_role_of_their_own_there, a_default_role_there, off_the_worklist,
    replaced_by_another_role, inactive_in_the_account, out_of_the_account, deactivated,
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("lose", WAYS)
def test_it_ends_with_the_right_and_the_trail_says_why(cast: Cast, lena: Any, lose: Any) -> None:
    link, other = made(cast, by=lena), made(cast, by=cast.adam)

    lose(cast, lena)

    link.refresh_from_db()
    other.refresh_from_db()
    assert (link.end_reason, link.ended_by) == ("no_right", None)
    assert other.ended_at is None
    lapsed = AuditEvent.objects.get(action=Action.GUEST_LINK_LAPSE)
    assert (lapsed.detail["guest_link"], lapsed.detail["why"]) == (str(link.uuid), "no_right")
    assert (lapsed.study_id, lapsed.worklist_id, lapsed.in_original) == (cast.study.pk, cast.ct.pk, True)
    # Nothing is left for the task that looks each minute.
    assert sharing.end_dead_links() == 0


@pytest.mark.django_db
def test_a_change_that_leaves_the_right_ends_nothing(cast: Cast, lena: Any) -> None:
    link = made(cast, by=lena)

    services.change_role(role=role(cast, "Linker"), permissions=NEEDS | {"edit_study"}, by=acting(cast.adam))
    services.change_role(role=role(cast, "Linker"), permissions=NEEDS, by=acting(cast.adam))
    services.change_account_member(membership=member(cast, lena), every_worklist=True, by=acting(cast.adam))
    # By the account role on every worklist, she may still make links there.
    services.remove_worklist_member(membership=membership_of(lena, cast.ct), by=acting(cast.adam))

    link.refresh_from_db()
    assert link.ended_at is None


@pytest.mark.django_db
def test_links_of_a_personal_worklist_end_when_the_platform_takes_the_right(cast: Cast) -> None:
    personal = Role.objects.get(platform_key=Role.Shipped.PERSONAL)
    ticked = set(personal.permissions.values_list("codename", flat=True))
    services.change_role(role=personal, permissions=ticked | {"create_guest_links"}, by=acting(cast.sue))
    share_with(cast, cast.ben, cast.placement)
    link = made(cast, placement_of(cast.study, cast.ben.personal_worklist), by=cast.ben)

    services.change_role(role=personal, permissions=ticked, by=acting(cast.sue))

    link.refresh_from_db()
    assert link.end_reason == "no_right"


@pytest.mark.django_db
def test_a_refused_change_ends_nothing(cast: Cast, lena: Any) -> None:
    link = made(cast, by=lena)

    with pytest.raises((PermissionDenied, NothingThere)):
        sharing.leave_account(membership=member(cast, lena).pk, by=acting(cast.ben))

    link.refresh_from_db()
    assert link.ended_at is None


@pytest.mark.django_db
def test_many_links_end_in_as_many_statements_as_few(
    cast: Cast, lena: Any, django_assert_max_num_queries: Any
) -> None:
    links = [made(cast, placement_of(make_study(cast.ct), cast.ct), by=lena) for _ in range(12)]

    with django_assert_max_num_queries(40):
        off_the_worklist(cast, lena)

    ended = GuestLink.objects.filter(pk__in=[link.pk for link in links], end_reason="no_right")
    assert ended.count() == len(links) == 12


def make_a_link(world: World) -> bool:
    """By whoever may make one where the study is, but the administrator, whose rights no change takes."""
    here = list(Placement.objects.visible().filter(study=world.study).order_by("pk"))
    people = [person for person in world.people if person != world.cast.adam]
    for placement in world.chance.sample(here, len(here)):
        for person in world.chance.sample(people, len(people)):
            try:
                made(world.cast, placement, by=person)
            except (NothingThere, PermissionDenied, ValidationError):
                continue
            return True
    return False


@pytest.mark.django_db
def test_after_each_change_no_link_that_has_not_ended_depends_on_a_lost_right(
    cast: Cast, clock: Any, record_property: Any
) -> None:
    met: Counter[str] = Counter()
    for seed in range(WORLDS):
        world = World(cast, clock, seed)
        for _ in range(CHANGES):
            # More links than the days would bring, so that something depends on the rights that are lost.
            if GuestLink.objects.unended().count() < MOST_LINKS:
                met["made besides"] += make_a_link(world)
            world.deed()
            assert not GuestLink.objects.without_right().exists()
        met.update(world.met)
    met["ended with a right"] = GuestLink.objects.filter(end_reason="no_right").count()

    record_property("Changes", ", ".join(f"{name} {number}" for name, number in sorted(met.items())))
    assert met["ended with a right"] > 3
    assert min(met["tick"], met["change_place"], met["activity"], met["change_member"]) > 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lose", [unticked, off_the_worklist, inactive_in_the_account, deactivated])
def test_a_link_made_while_the_right_is_lost_is_refused_or_ends(cast: Cast, lose: Any) -> None:
    make_role(cast.northgate, "Linker", NEEDS)
    make_role(cast.northgate, "Reader", {"list_studies", "open_study"})
    for number in range(4):
        lena = make_user(f"Lena {number}")
        join(lena, cast.northgate, "Linker", [cast.ct])

        answers = at_once([
            *[lambda lena=lena: made(cast, by=lena)] * 3,
            lambda lena=lena: lose(cast, lena),
            *[lambda lena=lena: made(cast, by=lena)] * 2,
        ])  # fmt: skip

        assert answers[3] is None
        others = answers[:3] + answers[4:]
        assert len(others) == 5
        assert all(isinstance(answer, GuestLink | NothingThere | PermissionDenied) for answer in others)
        links = GuestLink.objects.filter(made_by=lena)
        assert {link.end_reason for link in links} <= {"no_right"}
        services.change_role(role=role(cast, "Linker"), permissions=NEEDS, by=acting(cast.adam))


@pytest.mark.django_db(transaction=True)
def test_who_ends_their_links_while_they_are_deactivated_waits_for_no_one_for_ever(cast: Cast) -> None:
    for number in range(6):
        lena = make_user(f"Lena {number}")
        join(lena, cast.northgate, "Radiologist", [cast.ct])
        first, second = made(cast, by=lena), made(cast, by=lena)

        answers = at_once([
            lambda first=first, lena=lena: sharing.end_guest_link(link=first.uuid, by=acting(lena)),
            lambda lena=lena: deactivated(cast, lena),
            lambda second=second, lena=lena: sharing.end_guest_link(link=second.uuid, by=acting(lena)),
        ])  # fmt: skip

        assert answers[1] is None
        assert all(isinstance(answer, GuestLink | NothingThere) for answer in (answers[0], answers[2]))
        ended = GuestLink.objects.filter(made_by=lena).values_list("end_reason", flat=True)
        assert set(ended) <= {"ended", "no_right"} and len(ended) == 2


@pytest.mark.django_db(transaction=True)
def test_leaving_takes_studies_before_links_as_ending_a_share_does(cast: Cast) -> None:
    for number in range(6):
        lena = make_user(f"Lena {number}")
        join(lena, cast.northgate, "Radiologist", [cast.ct])
        study = make_study(cast.ct)
        home = placement_of(study, cast.ct)
        share_with(cast, lena, home)
        link = made(cast, home, by=lena)

        answers = at_once([
            lambda lena=lena: sharing.leave_account(
                membership=member(cast, lena).pk, by=acting(cast.adam)
            ),
            lambda home=home: sharing.delete_study(placement=home.uuid, by=acting(cast.adam), why="theirs"),
        ])  # fmt: skip

        assert [type(answer).__name__ for answer in answers] == ["Removal", "Removal"]
        link.refresh_from_db()
        assert link.end_reason in ("no_right", "no_study")
