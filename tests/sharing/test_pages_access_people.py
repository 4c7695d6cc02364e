"""The Access tab by person, and the answer about one person: as far as the reader may know."""

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from accounts.models import AccountMembership, Role, User
from audit import clock as the_clock
from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method
from sharing.selectors import pages
from tests.cast import acting
from tests.factories import join, make_group, make_user, membership_of, placement_of
from tests.sharing.guests import made
from tests.sharing.share_pages import share
from tests.sharing.test_pages_access import own, spread, words
from worklists.services import change_role, change_worklist, change_worklist_member, set_active
from worklists.services.noting import note_rights

__all__ = ["spread"]

pytestmark = pytest.mark.django_db


def people(client, placement, **query):
    return client.get(reverse("sharing:access_people", args=[placement.uuid]), query)


def explain(client, placement, **query):
    return client.get(reverse("sharing:access_explain", args=[placement.uuid]), query)


def answer(client, placement, person):
    return words(explain(client, placement, person=person.uuid))


# By person


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


# About one person


def test_the_answer_for_who_can_names_role_path_and_ends(client, spread):
    client.force_login(spread.ana)

    page = answer(client, spread.placement, spread.ben)

    assert "Can open this study" in page
    assert "Role Radiologist on Emergency (account role)" in page
    assert "Granted by Ana" in page


def test_the_answer_for_who_cannot_names_the_role_that_may_not(client, cast):
    viewer = Role.objects.get(account=cast.northgate, name="Viewer")
    change_role(role=viewer, permissions=["list_studies"], by=OPERATOR)
    client.force_login(cast.ana)

    page = answer(client, cast.placement, cast.vera)

    assert "Cannot open this study here" in page
    assert "Member of CT Reporting, but the role Viewer may not open images." in page


def test_the_answer_names_a_share_that_waits(client, cast):
    change_worklist(worklist=cast.emergency, needs_approval=True, by=OPERATOR)
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    client.force_login(cast.ana)

    decides = answer(client, cast.placement, cast.ben)
    viewer = Role.objects.get(account=cast.northgate, name="Viewer")
    change_worklist_member(membership=membership_of(cast.ben, cast.emergency), role=viewer, by=OPERATOR)

    assert "Awaiting approval: may open images to decide" in decides
    assert "is awaiting approval." in answer(client, cast.placement, cast.ben)


def test_the_answer_names_a_share_that_was_ended(client, cast):
    ended = share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid)
    services.end_shares(shares=[ended.uuid], by=acting(cast.ana))
    client.force_login(cast.ana)

    page = answer(client, cast.placement, cast.ben)

    assert "Member of Emergency, but the share to that worklist ended on" in page
    assert "ended by a person." in page


def test_the_answer_names_the_last_day_of_a_share_that_expired(client, cast, clock):
    end = the_clock.now() + timedelta(days=2)
    share(cast.ana, cast.placement, Method.LOCATION, cast.emergency.uuid, expires_at=end)
    clock.move(days=3)
    client.force_login(cast.ana)

    assert "its end date." in answer(client, cast.placement, cast.ben)


def test_the_answer_says_that_a_colleague_is_nowhere_where_the_study_is(client, cast):
    client.force_login(cast.ana)

    assert "Not a member of any worklist where this study is." in answer(client, cast.placement, cast.ben)


def test_what_happened_on_worklists_of_others_is_not_told(client, spread):
    """Ben is a member of Riverside Imaging too, which only Riverside may know."""
    join(spread.ben, spread.riverside, "Radiologist", [spread.imaging])
    AccountMembership.objects.filter(user=spread.ben, account=spread.northgate).update(active=True)
    spread.ben.worklist_memberships.filter(worklist=spread.emergency).delete()
    client.force_login(spread.ana)

    page = answer(client, spread.placement, spread.ben)

    assert "Riverside" not in page


@pytest.mark.parametrize("name", ["caro", "rita", "ed", "sue"])
def test_people_of_other_organisations_cannot_be_asked_about(client, cast, name):
    client.force_login(cast.ana)

    real = explain(client, cast.placement, person=getattr(cast, name).uuid)
    made_up = explain(client, cast.placement, person=uuid4())

    assert (real.status_code, real.content) == (404, made_up.content)


def test_who_left_can_be_asked_about_by_administrators_alone(client, cast):
    client.force_login(cast.ana)
    assert explain(client, cast.placement, person=cast.ina.uuid).status_code == 404

    client.force_login(cast.adam)
    page = answer(client, cast.placement, cast.ina)
    assert "Member of CT Reporting, but the membership of Northgate Hospital is not active." in page


def test_a_deactivated_person_can_be_asked_about_by_administrators_alone(client, cast):
    set_active(user=cast.vera, active=False, by=acting(cast.sue))
    client.force_login(cast.ana)
    assert explain(client, cast.placement, person=cast.vera.uuid).status_code == 404

    client.force_login(cast.adam)
    assert "This person is deactivated and cannot sign in." in answer(client, cast.placement, cast.vera)


@pytest.mark.parametrize(
    ("text", "hits"), [("ver", ["Vera"]), ("Dr Vera", ["Vera"]), ("caro", []), ("v", [])]
)
def test_a_search_finds_people_of_ones_own_organisations(client, cast, text, hits):
    client.force_login(cast.ana)

    page = explain(client, cast.placement, find=text)

    assert [hit.name for hit in page.context["hits"]] == hits


@pytest.mark.parametrize("query", [{"person": "nonsense"}, {"person": "1" * 5000}])
def test_a_person_who_does_not_exist_is_not_found(client, cast, query):
    client.force_login(cast.ana)

    assert explain(client, cast.placement, **query).status_code == 404


@pytest.mark.parametrize("text", ["\x00", "%_", "x" * 5000, "'; --"])
def test_hostile_searches_find_no_one(client, cast, text):
    client.force_login(cast.ana)

    page = explain(client, cast.placement, find=text)

    assert (page.status_code, page.context.get("hits", [])) == (200, [])


@pytest.mark.parametrize("url", ["sharing:access_people", "sharing:access_explain"])
@pytest.mark.parametrize("name", ["nolan", "ina", "ben", "sue", "caro", "ed"])
def test_who_does_not_see_the_study_learns_nothing(client, cast, url, name):
    client.force_login(getattr(cast, name))

    real = client.get(reverse(url, args=[cast.placement.uuid]))
    made_up = client.get(reverse(url, args=[uuid4()]))

    assert (real.status_code, real.content) == (404, made_up.content)
    assert not AuditEvent.objects.filter(action=Action.ACCESS_READ).exists()


def test_each_answer_is_recorded_in_the_trail(client, cast):
    client.force_login(cast.ana)
    answer(client, cast.placement, cast.vera)

    [event] = AuditEvent.objects.filter(action=Action.ACCESS_READ)

    assert (event.by_id, event.placement_uuid) == (cast.ana.pk, cast.placement.uuid)
    assert event.detail["explained"] == "Vera"


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


# About a moment in the past


def then(client, placement, person, at, zone="UTC"):
    local = at.astimezone(ZoneInfo(zone))
    query = {"person": person.uuid, "day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}"}
    return explain(client, placement, **query)


@pytest.fixture
def noted(cast, clock):
    note_rights()
    clock.move(minutes=5)
    User.objects.update(timezone="UTC")
    return cast


def test_the_past_is_answered_from_the_trail(client, noted, clock):
    shared = share(noted.ana, noted.placement, Method.LOCATION, noted.emergency.uuid)
    clock.move(minutes=5)
    before = the_clock.now()
    services.end_shares(shares=[shared.uuid], by=acting(noted.ana))
    clock.move(minutes=5)
    client.force_login(noted.ana)

    earlier = words(then(client, noted.placement, noted.ben, before))
    later = words(then(client, noted.placement, noted.ben, the_clock.now()))

    assert "Could open this study" in earlier
    assert "Role Radiologist on Emergency (account role)" in earlier
    assert "Granted by Ana" in earlier
    assert "Could not open this study" in later
    assert "Member of Emergency, but the share to that worklist ended on" in later


def test_what_was_shared_beyond_a_share_by_email_is_not_told_of_now_nor_of_the_past(client, noted, clock):
    share(noted.ana, noted.placement, Method.EMAIL, noted.ed.email)
    beyond = share(noted.ed, placement_of(noted.study, noted.ed.personal_worklist), Method.CODE, "NORTHGATE")
    clock.move(minutes=5)
    client.force_login(noted.ana)
    pages = [words(then(client, noted.placement, noted.ben, the_clock.now()))]
    services.end_shares(shares=[beyond.uuid], by=acting(noted.ed))
    clock.move(minutes=5)
    pages += [
        words(then(client, noted.placement, noted.ben, the_clock.now())),
        answer(client, noted.placement, noted.ben),
    ]

    for page in pages:
        assert "Not a member of any worklist where this study is." in page


def test_the_answer_about_the_past_lists_what_the_person_opened(client, noted, clock):
    client.force_login(noted.vera)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    clock.move(minutes=5)
    client.force_login(noted.ana)

    page = words(then(client, noted.placement, noted.vera, the_clock.now()))

    assert "Study opened CT Reporting" in page.partition("had opened until then")[2]


def test_before_rights_were_noted_it_is_not_known(client, noted, clock):
    client.force_login(noted.ana)

    page = words(then(client, noted.placement, noted.ben, the_clock.now() - timedelta(days=2)))

    assert "Not known" in page


def test_who_may_not_read_the_trail_may_not_ask_about_the_past(client, noted):
    client.force_login(noted.vera)

    assert then(client, noted.placement, noted.ana, the_clock.now()).status_code == 403
    assert "At a moment in the past" not in answer(client, noted.placement, noted.ana)


@pytest.mark.parametrize(
    "query", [{"day": "never"}, {"day": "2999-01-01", "time": "10:00"}, {"day": "0001-01-01", "time": ""}]
)
def test_a_moment_that_does_not_exist_is_refused_with_the_form(client, noted, query):
    client.force_login(noted.ana)

    page = explain(client, noted.placement, person=noted.ben.uuid, **query)

    assert page.status_code == 400
    assert "At a moment in the past" in words(page)


def test_of_many_ways_a_few_are_named_and_the_rest_counted(client, cast):
    for _ in range(6):
        share(cast.adam, cast.placement, Method.GROUP, make_group(cast.northgate).uuid)
    client.force_login(cast.ana)

    [adam] = [each for each in people(client, cast.placement).context["access"].people if each.name == "Adam"]

    assert (len(adam.ways), adam.more) == (4, 3)
