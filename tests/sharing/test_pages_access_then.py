"""Who could open a study at a moment in the past, and who did: the page, on paper, as a file."""

import csv
import io
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from accounts.models import User
from audit import clock as the_clock
from audit.actions import Action
from audit.actor import OPERATOR, Actor, Token
from audit.models import AuditEvent
from sharing import services
from sharing.models import Method
from sharing.services import guest_visits
from studies.selectors import placement_for
from studies.services import open_study
from tests.cast import acting
from tests.factories import join, make_group, make_user, placement_of
from tests.sharing.guests import made
from tests.sharing.share_pages import share
from tests.sharing.test_pages_access import own, words
from worklists.services import change_role, set_active
from worklists.services.noting import note_rights

pytestmark = pytest.mark.django_db


@pytest.fixture
def noted(cast, clock):
    note_rights()
    clock.move(minutes=5)
    User.objects.update(timezone="UTC")
    return cast


def typed(at, **more):
    local = at.astimezone(ZoneInfo("UTC"))
    return {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M}", **more}


def ask(client, placement, at, page="sharing:access_then", **more):
    return client.get(reverse(page, args=[placement.uuid]), typed(at, **more))


def names(page):
    return [each.shown.name for each in page.context["then"].people]


def openers(page):
    return {each.who: each for each in page.context["then"].openers}


def later(clock):
    """A moment of the minute that has just begun: the form knows minutes."""
    clock.move(minutes=5)
    return the_clock.now()


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


# Who did


def test_what_each_person_opened_stands_beside_them_with_first_and_last(client, noted, clock):
    client.force_login(noted.vera)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    clock.move(minutes=10)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    moment = later(clock)
    client.force_login(noted.adam)

    page = ask(client, noted.placement, moment)

    [vera] = [each for each in page.context["then"].people if each.shown.name == "Vera"]
    [opened] = vera.opened
    assert (opened.label, opened.times) == ("Study opened", 2)
    assert opened.last - opened.first >= timedelta(minutes=10)
    [ana] = [each for each in page.context["then"].people if each.shown.name == "Ana"]
    assert list(ana.opened) == []


def test_who_opened_it_and_has_no_access_any_more_is_named_so(client, noted, clock):
    client.force_login(noted.vera)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    later(clock)
    services.leave_account(
        membership=noted.vera.account_memberships.get().pk, by=acting(noted.adam), remove=True
    )
    moment = later(clock)
    client.force_login(noted.adam)

    vera = openers(ask(client, noted.placement, moment))["Vera"]

    assert (vera.could, vera.can) == (False, False)


def test_who_opened_it_through_a_link_and_a_token_is_named_beside_people(client, noted, clock):
    link = made(noted, recipient_name="Dr Marsh")
    guest_visits.open_link(link=link)
    token = Token(uuid=link.uuid, name="Laptop", worklist_ids=frozenset({noted.ct.pk}))
    by = Actor.through(token, owner=noted.ana)
    open_study(placement=placement_for(by, noted.placement.uuid), by=by)
    moment = later(clock)
    client.force_login(noted.adam)

    page = ask(client, noted.placement, moment)

    by_link = openers(page)["Guest link Dr Marsh"]
    assert (by_link.link, by_link.could, by_link.can) == (link.uuid, True, True)
    assert openers(page)["Ana"].token == "Laptop"
    assert "through the access token “Laptop”" in words(page)


def test_the_period_bounds_who_opened_it(client, noted, clock):
    client.force_login(noted.vera)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    day = the_clock.now().date()
    clock.move(days=3)
    moment = later(clock)
    client.force_login(noted.adam)

    within = ask(client, noted.placement, moment, since=str(day), until=str(day))
    beyond = ask(client, noted.placement, moment, since=str(day + timedelta(days=1)))

    assert list(openers(within)) == ["Vera"]
    assert openers(beyond) == {}
    assert "Nothing that the audit trail of the original has recorded." in words(beyond)


def test_what_an_external_recipient_opened_is_not_told(client, noted, clock):
    share(noted.ana, noted.placement, Method.EMAIL, noted.ed.email)
    client.force_login(noted.ed)
    client.get(reverse("studies:study", args=[own(noted.study, noted.ed).uuid]))
    moment = later(clock)
    client.force_login(noted.adam)

    assert openers(ask(client, noted.placement, moment)) == {}


def test_that_a_member_opens_it_through_another_organisation_now_is_not_told(client, noted, clock):
    client.force_login(noted.vera)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    moment = later(clock)
    share(noted.ana, noted.placement, Method.CODE, "RIVERSIDE")
    join(noted.vera, noted.riverside, "Radiologist", [noted.imaging])
    services.leave_account(
        membership=noted.vera.account_memberships.get(account=noted.northgate).pk, by=acting(noted.adam)
    )
    client.force_login(noted.adam)

    assert openers(ask(client, noted.placement, moment))["Vera"].can is False


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


# On paper, and as a file


def test_the_printed_answer_says_who_asked_and_what_it_cannot_know(client, noted, clock):
    made(noted, recipient_name="Dr Marsh")
    moment = later(clock)
    client.force_login(noted.adam)

    page = ask(client, noted.placement, moment, "sharing:access_then_print")

    text = words(page)
    assert page.status_code == 200
    for part in ("Northgate Hospital", "CT Reporting", "Asked by", noted.adam.email, "Made on", "Dr Marsh"):
        assert part in text
    assert "What this answer does not show" in text
    assert "Shared with me" not in text


def test_the_printed_answer_has_everyone(client, noted, clock, monkeypatch):
    monkeypatch.setattr("sharing.selectors.access.people_then.ROWS", 2)
    moment = later(clock)
    client.force_login(noted.adam)

    page = ask(client, noted.placement, moment, "sharing:access_then_print")

    assert len(names(page)) == page.context["then"].total > 2


def test_the_file_has_a_row_for_each_way_and_each_opening(client, noted, clock):
    client.force_login(noted.vera)
    client.get(reverse("studies:study", args=[noted.placement.uuid]))
    made(noted, recipient_name="=Dr Marsh")
    moment = later(clock)
    client.force_login(noted.adam)

    file = ask(client, noted.placement, moment, "sharing:access_then_csv")

    rows = list(csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    could = {row["Name"] for row in rows if row["List"] == "Could open"}
    assert {"Adam", "Ana", "Vera"} <= could
    [vera] = [row for row in rows if row["List"] == "Opened"]
    assert (vera["Name"], vera["Opened"], vera["Times"]) == ("Vera", "Study opened", "1")
    assert vera["Access then"] == "yes"
    [link] = [row for row in rows if row["List"] == "Guest link"]
    assert link["Name"] == "'=Dr Marsh"


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sharing:access_then", None),
        ("sharing:access_then_print", "print"),
        ("sharing:access_then_csv", "csv"),
    ],
)
def test_each_answer_is_recorded_with_the_moment(client, noted, clock, url, file):
    moment = later(clock)
    client.force_login(noted.adam)

    ask(client, noted.placement, moment, url)

    [event] = AuditEvent.objects.filter(action=Action.ACCESS_READ)
    assert (event.by_id, event.detail["names"], event.detail.get("file")) == (noted.adam.pk, "people", file)
    assert event.detail["moment"].startswith(f"{moment:%Y-%m-%dT%H:%M}")
