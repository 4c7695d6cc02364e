"""The Access tab by person: everyone whom the reader may know, each with role, path and giver."""

from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.models import User
from sharing.models import Method
from sharing.selectors import pages
from tests.cast import acting
from tests.factories import join, make_group, make_user, placement_of
from tests.sharing.access_pages import own, people, spread, words
from tests.sharing.guests import made
from tests.sharing.share_pages import share

__all__ = ["spread"]
pytestmark = pytest.mark.django_db


def test_home_reads_every_person_it_may_know_with_path_role_and_giver(client, spread):
    client.force_login(spread.ana)

    page = words(people(client, spread.placement))

    for name in ("Adam", "Ana", "Ben", "Vera", "Lois"):
        assert f" {name} " in page
    assert "Role Radiologist on Emergency (account role)" in page
    assert "Granted by Ana" in page
    assert "Reached by email" in page
    assert "ed@example.org" in page


def test_members_of_other_organisations_are_numbered_and_not_named(client, spread):
    client.force_login(spread.ana)

    page = words(people(client, spread.placement))

    for name in ("Rita", "Caro", " Ed ", "far@example.net"):
        assert name not in page
    assert "Members of other organisations are not named here" in page
    assert "And 1 onward share outside" in page


def test_who_may_not_open_is_not_listed(client, spread):
    client.force_login(spread.ana)

    page = words(people(client, spread.placement))

    assert "Nolan" not in page
    assert " Ina " not in page


def test_a_reader_of_another_account_reads_their_own_colleagues_alone(client, spread):
    client.force_login(spread.caro)

    page = words(people(client, placement_of(spread.study, spread.imaging)))

    assert " Caro " in page
    assert " Rita " in page
    for name in (" Ana ", " Vera ", " Adam ", " Ed "):
        assert name not in page


def test_a_reader_at_an_internal_placement_of_the_same_account_reads_as_much_as_at_home(client, spread):
    client.force_login(spread.ben)

    page = words(people(client, placement_of(spread.study, spread.emergency)))

    assert " Vera " in page
    assert "ed@example.org" in page


def test_an_external_recipient_reads_themselves(client, spread):
    client.force_login(spread.ed)

    page = words(people(client, own(spread.study, spread.ed)))

    assert " Ed " in page
    for name in (" Vera ", " Ben ", " Adam "):
        assert name not in page


def test_a_person_with_several_ways_is_listed_once(client, spread):
    client.force_login(spread.adam)

    page = words(people(client, spread.placement))

    assert page.count(" Adam ") == 1
    assert "Also on Emergency as Administrator , no end date" in page


def test_guest_links_that_the_reader_sees_are_listed(client, cast):
    made(cast, recipient_name="Dr Marsh")
    client.force_login(cast.ana)

    assert "Dr Marsh" in words(people(client, cast.placement))


def test_a_dead_guest_link_is_not_listed(client, cast, clock):
    made(cast, recipient_name="Dr Marsh")
    clock.move(days=400)
    client.force_login(cast.ana)

    assert "Dr Marsh" not in words(people(client, cast.placement))


def test_pages_go_on_and_back_by_name(client, cast, monkeypatch):
    monkeypatch.setattr("sharing.selectors.access.people.ROWS", 3)
    client.force_login(cast.adam)

    def names(page):
        return [each.name for each in page.context["access"].people]

    first = people(client, cast.placement)
    second = client.get(reverse("sharing:access_people", args=[cast.placement.uuid]) + first.context["older"])
    again = client.get(reverse("sharing:access_people", args=[cast.placement.uuid]) + second.context["newer"])

    assert names(first) == ["Adam", "Ana", "Cody"]
    assert names(second) == ["Erin", "Gus", "Lois"]
    assert names(again) == names(first)
    assert again.context["newer"] == ""
    assert pages.ROWS == 50


@pytest.mark.parametrize("query", [{"before": "nonsense"}, {"before": str(uuid4())}])
def test_a_position_that_is_not_in_the_list_shows_its_beginning_with_a_sentence(client, cast, query):
    client.force_login(cast.ana)

    page = people(client, cast.placement, **query)

    assert page.status_code == 400
    assert " Ana " in words(page)


@pytest.mark.parametrize("number", [1, 25])
def test_the_list_of_people_asks_the_same_statements_at_any_size(
    client, cast, django_assert_num_queries, number
):
    for n in range(number):
        group = make_group(cast.northgate)
        join(make_user(f"Person {n:02}"), cast.northgate, "Viewer", [group])
        share(cast.ana, cast.placement, Method.GROUP, group.uuid)
    client.force_login(cast.ana)
    people(client, cast.placement)

    with django_assert_num_queries(STATEMENTS):
        people(client, cast.placement)


STATEMENTS = 25


def test_the_people_listed_are_those_who_can_open(client, spread):
    """The list against the rights themselves, for an administrator at home."""
    client.force_login(spread.adam)
    listed = {each.uuid for each in people(client, spread.placement).context["access"].people}

    able = {
        user.uuid
        for user in User.objects.filter(account_memberships__account=spread.northgate)
        if {"list_studies", "open_study"} <= acting(user).rights(spread.ct)
        or {"list_studies", "open_study"} <= acting(user).rights(spread.emergency)
    }
    assert able <= listed


def test_of_many_ways_a_few_are_named_and_the_rest_counted(client, cast):
    for _ in range(6):
        share(cast.adam, cast.placement, Method.GROUP, make_group(cast.northgate).uuid)
    client.force_login(cast.ana)

    [adam] = [each for each in people(client, cast.placement).context["access"].people if each.name == "Adam"]

    assert (len(adam.ways), adam.more) == (4, 3)
