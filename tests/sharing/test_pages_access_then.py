"""Who could open a study at a moment in the past: the page, its form, and what is not known."""

from datetime import timedelta

import pytest
from django.urls import reverse

from audit import clock as the_clock
from audit.actor import OPERATOR
from sharing import services
from sharing.models import Method
from tests.cast import acting
from tests.factories import join, make_group, make_user, placement_of
from tests.sharing.access_pages import ask, later, names, noted, own, words
from tests.sharing.guests import made
from tests.sharing.share_pages import share
from worklists.services import change_role, set_active

__all__ = ["noted"]
pytestmark = pytest.mark.django_db


# Who could


def test_everyone_who_could_open_it_then_is_listed_with_the_way(client, noted, clock):
    made_share = share(noted.ana, noted.placement, Method.LOCATION, noted.emergency.uuid)
    before = later(clock)
    services.end_shares(shares=[made_share.uuid], by=acting(noted.ana))
    after = later(clock)
    client.force_login(noted.adam)

    then, now = ask(client, noted.placement, before), ask(client, noted.placement, after)

    assert {"Adam", "Ana", "Ben", "Vera"} <= set(names(then))
    assert "Role Radiologist on Emergency (account role)" in words(then)
    assert "Granted by Ana" in words(then)
    assert "Ben" not in names(now)


def test_who_was_removed_since_is_named_to_administrators_and_counted_for_others(client, noted, clock):
    before = later(clock)
    services.leave_account(
        membership=noted.vera.account_memberships.get().pk, by=acting(noted.adam), remove=True
    )
    later(clock)

    client.force_login(noted.adam)
    assert "Vera" in names(ask(client, noted.placement, before))

    client.force_login(noted.ana)
    page = ask(client, noted.placement, before)
    assert "Vera" not in words(page)
    assert "And 1 person who could open the study then and left your organisation since." in words(page)


def test_a_role_that_was_narrowed_since_counted_then(client, noted, clock):
    before = later(clock)
    viewer = noted.vera.account_memberships.get().role
    change_role(role=viewer, permissions=["list_studies"], by=OPERATOR)
    after = later(clock)
    client.force_login(noted.ana)

    assert "Vera" in names(ask(client, noted.placement, before))
    assert "Vera" not in names(ask(client, noted.placement, after))


def test_a_deactivated_person_could_open_it_before(client, noted, clock):
    before = later(clock)
    set_active(user=noted.vera, active=False, by=acting(noted.sue))
    after = later(clock)
    client.force_login(noted.adam)

    assert "Vera" in names(ask(client, noted.placement, before))
    assert "Vera" not in names(ask(client, noted.placement, after))


def test_members_of_other_organisations_are_not_named_and_their_worklists_are(client, noted, clock):
    share(noted.ana, noted.placement, Method.CODE, "RIVERSIDE")
    moment = later(clock)
    client.force_login(noted.adam)

    page = words(ask(client, noted.placement, moment))

    assert "Caro" not in page
    assert "Rita" not in page
    assert "Riverside Imaging, Riverside Clinic" in page


def test_a_recipient_by_email_is_known_by_the_email_and_nothing_beyond(client, noted, clock):
    share(noted.ana, noted.placement, Method.EMAIL, noted.ed.email)
    share(noted.ed, own(noted.study, noted.ed), Method.CODE, "RIVERSIDE")
    moment = later(clock)
    client.force_login(noted.adam)

    page = ask(client, noted.placement, moment)

    assert [each.name for each in page.context["then"].emailed] == [noted.ed.email]
    assert " Ed " not in words(page)
    assert "Riverside" not in words(page)


def test_the_owner_of_a_personal_worklist_that_a_share_names_is_listed(client, noted, clock):
    share(noted.ana, noted.placement, Method.PHYSICIAN, noted.ben.uuid)
    moment = later(clock)
    client.force_login(noted.ana)

    assert "Ben" in names(ask(client, noted.placement, moment))


def test_where_the_original_was_before_it_moved(client, noted, clock):
    before = later(clock)
    services.move_home(
        placement=noted.placement.uuid, worklist=noted.emergency.uuid, by=acting(noted.adam), why="theirs"
    )
    later(clock)
    client.force_login(noted.adam)

    page = ask(client, placement_of(noted.study, noted.emergency), before)

    assert "Vera" in names(page)
    assert "Ben" not in names(page)


# Guest links


def test_a_guest_link_that_showed_it_then_is_listed_with_its_maker_until_its_end(client, noted, clock):
    link = made(noted, recipient_name="Dr Marsh")
    before = later(clock)
    services.end_guest_link(link=link.uuid, by=acting(noted.ana))
    after = later(clock)
    client.force_login(noted.adam)

    then, now = ask(client, noted.placement, before), ask(client, noted.placement, after)

    [shown] = then.context["then"].links
    assert (shown.name, shown.first.by) == ("Dr Marsh", "Ana")
    assert now.context["then"].links == []


# What is not known


def test_before_rights_were_noted_it_is_not_known_who_could_and_known_who_did(client, noted):
    client.force_login(noted.ana)

    page = words(ask(client, noted.placement, the_clock.now() - timedelta(days=2)))

    assert "Who could open the study at this moment is not known." in page
    assert "Nothing that the audit trail of the original has recorded." in page


def test_without_any_note_the_page_says_so(client, cast):
    client.force_login(cast.ana)

    page = words(ask(client, cast.placement, the_clock.now() - timedelta(minutes=2)))

    assert "The audit trail does not yet record roles and memberships." in page


# The form


@pytest.mark.parametrize(
    "query",
    [
        {"day": "never"},
        {"day": "2999-01-01", "time": "10:00"},
        {"day": "0001-01-01", "time": ""},
        {"day": "2026-01-02", "time": "10:00", "since": "2026-01-02", "until": "2026-01-01"},
    ],
)
def test_a_moment_that_does_not_exist_is_refused_with_the_form(client, noted, query):
    client.force_login(noted.ana)

    page = client.get(reverse("sharing:access_then", args=[noted.placement.uuid]), query)

    assert page.status_code == 400
    assert "then" not in page.context
    for url in ("sharing:access_then_print", "sharing:access_then_csv"):
        assert client.get(reverse(url, args=[noted.placement.uuid]), query).status_code == 404


def test_by_person_offers_the_form_to_readers_of_the_trail_alone(client, noted):
    url = reverse("sharing:access_people", args=[noted.placement.uuid])
    client.force_login(noted.ana)
    assert "Show as it was then" in words(client.get(url))

    client.force_login(noted.vera)
    assert "Show as it was then" not in words(client.get(url))


@pytest.mark.parametrize(
    "url", ["sharing:access_then", "sharing:access_then_print", "sharing:access_then_csv"]
)
def test_who_may_not_read_the_originals_trail_is_refused(client, noted, url):
    share(noted.ana, noted.placement, Method.CODE, "RIVERSIDE")
    at_imaging = placement_of(noted.study, noted.imaging)

    for person, placement in ((noted.vera, noted.placement), (noted.caro, at_imaging)):
        client.force_login(person)
        page = ask(client, placement, the_clock.now() - timedelta(minutes=1), url)
        assert page.status_code == 403


def test_pages_go_on_and_back_by_name(client, noted, clock, monkeypatch):
    monkeypatch.setattr("sharing.selectors.access.people_then.ROWS", 3)
    moment = later(clock)
    client.force_login(noted.adam)
    url = reverse("sharing:access_then", args=[noted.placement.uuid])

    first = ask(client, noted.placement, moment)
    second = client.get(url + first.context["older"])
    again = client.get(url + second.context["newer"])

    assert names(first) == ["Adam", "Ana", "Cody"]
    assert names(second) == ["Erin", "Gus", "Lois"]
    assert names(again) == names(first)
    assert second.context["then"].openers == []


def test_a_position_that_is_not_in_the_list_shows_its_beginning_with_a_sentence(client, noted, clock):
    moment = later(clock)
    client.force_login(noted.adam)

    page = ask(client, noted.placement, moment, before="nonsense")

    assert page.status_code == 400
    assert "Adam" in names(page)


@pytest.mark.parametrize("number", [1, 25])
def test_the_past_asks_the_same_statements_at_any_size(
    client, noted, clock, django_assert_num_queries, number
):
    for n in range(number):
        group = make_group(noted.northgate)
        join(make_user(f"Person {n:02}"), noted.northgate, "Viewer", [group])
        share(noted.ana, noted.placement, Method.GROUP, group.uuid)
    moment = later(clock)
    client.force_login(noted.adam)
    ask(client, noted.placement, moment)

    with django_assert_num_queries(STATEMENTS):
        ask(client, noted.placement, moment)


STATEMENTS = 21
