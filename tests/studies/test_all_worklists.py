"""All my worklists: every placement a person may see, in one order, each under the rights of its own worklist."""

import random
from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from studies.models import LastVisit, Placement
from studies.selectors import MOST_HITS, PAGE, Cursor, Order, Question, Sort, page_of_all
from studies.selectors.visibility import placements_visible_to
from tests.cast import acting
from tests.factories import make_location, placement_of, role_of
from tests.studies.lists import fill, link, rows_in, statements
from worklists.services import add_worklist_member

pytestmark = pytest.mark.django_db

ALL = "/worklists/all/studies/"
ORDERS = [(sort, way) for sort in ("arrived", "date", "name") for way in ("up", "down")]
COLUMNS = {"arrived": ["arrived_at"], "date": ["study_date", "study_time"], "name": ["name_key"]}


def also_on(cast, *places):
    """Ana is a radiologist on these too."""
    for place in places:
        add_worklist_member(worklist=place, user=cast.ana, role=None, by=OPERATOR)


def walked(client, url, **asked):
    pages = [client.get(url, asked)]
    while older := link(pages[-1], "next"):
        pages.append(client.get(older))
    return pages


def of_the_list(queries):
    """Without what keeps the session alive, which depends on the time since the last request."""
    return [sql for sql in statements(queries) if "session" not in sql]


def search_all(client, **typed):
    response = client.post(reverse("studies:search_all"), typed)
    return client.get(response["Location"]) if response.status_code == 302 else response


@pytest.mark.parametrize(("sort", "way"), ORDERS)
def test_all_pages_together_are_every_list_in_order_ties_included(client, cast, sort, way):
    places = [cast.ct, *(make_location(cast.northgate, f"Place {number}") for number in range(9))]
    also_on(cast, *places[1:])
    chance = random.Random(way + sort)
    for place, number in zip(places, (0, 1, 3, 40, 40, 2, 0, 20, 5, 9), strict=True):
        names = [f"Row^{chance.randrange(12):02}" for _ in range(number)]
        fill(place, names, study_date=chance.choice((None, date(2026, 1, 2), date(2024, 5, 6))))
    fill(cast.emergency, ["Hidden^Row"] * 3)
    client.force_login(cast.ana)
    mine = placements_visible_to(acting(cast.ana)).order_by(*COLUMNS[sort], "id")
    expected = list((mine if way == "up" else mine.reverse()).values_list("uuid", flat=True))
    assert len(expected) > PAGE

    pages = walked(client, ALL, sort=sort, way=way)
    forwards = [uuid for page in pages for uuid in rows_in(page)]
    back, newer = [rows_in(pages[-1])], link(pages[-1], "prev")
    while newer:
        page = client.get(newer)
        back.insert(0, rows_in(page))
        newer = link(page, "prev")

    assert forwards == [str(uuid) for uuid in expected]
    assert [uuid for page in back for uuid in page] == forwards


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", list(Sort))
def test_one_worklist_holding_the_whole_page_is_read_as_far_as_it_must_be(cast, sort, descending):
    places = [make_location(cast.northgate, f"Place {number}") for number in range(60)]
    also_on(cast, *places)
    for place in places:
        fill(place, ["Old^Row"] * 3, study_date=date(2001, 1, 1))
    fill(cast.ct, [f"New^{number:03}" for number in range(120)], study_date=date(2026, 1, 1))
    Placement.objects.filter(worklist__in=places).update(arrived_at=Now() - timedelta(days=9))
    columns = [("-" if descending else "") + column for column in (*sort.columns, "id")]
    expected = placements_visible_to(acting(cast.ana)).order_by(*columns)

    page = page_of_all(acting(cast.ana), Question(), Order(sort, descending), None)
    deep = page_of_all(acting(cast.ana), Question(), Order(sort, descending), page.older)

    assert page.rows + deep.rows == list(expected[: 2 * PAGE])


def test_a_study_on_two_worklists_is_two_rows_that_name_theirs(client, cast):
    also_on(cast, cast.emergency)
    target = Target(Method.LOCATION, str(cast.emergency.uuid))
    share_studies(placements=[cast.placement.uuid], targets=[target], by=acting(cast.ana))
    client.force_login(cast.ana)

    page = client.get(ALL)

    there = placement_of(cast.study, cast.emergency)
    assert set(rows_in(page)) == {str(cast.placement.uuid), str(there.uuid)}
    text = page.content.decode()
    assert '<td data-label="Worklist"><a href="/worklists/' in text
    assert text.count("<bdi>Emergency</bdi></a>") == 1
    assert text.count("<bdi>CT Reporting</bdi></a>") == 1
    assert "Ana" in text.partition("came-by")[2]


def test_a_row_offers_what_its_own_worklist_allows(client, cast):
    """Vera may only look on CT Reporting; on Emergency she is a radiologist."""
    target = Target(Method.LOCATION, str(cast.emergency.uuid))
    share_studies(placements=[cast.placement.uuid], targets=[target], by=acting(cast.ana))
    role = role_of(cast.northgate, "Radiologist")
    add_worklist_member(worklist=cast.emergency, user=cast.vera, role=role, by=OPERATOR)
    client.force_login(cast.vera)

    page = client.get(ALL).content.decode()

    there = placement_of(cast.study, cast.emergency)
    assert f'value="{there.uuid}"' in page
    assert f'value="{cast.placement.uuid}"' not in page
    assert 'formaction="/share/"' in page
    assert 'formaction="/remove/"' not in page


def test_another_persons_worklist_is_not_there_and_nothing_is_to_who_may_list_nothing(client, cast):
    client.force_login(cast.caro)
    assert rows_in(client.get(ALL)) == [str(cast.other_placement.uuid)]

    client.force_login(cast.nolan)
    page = client.get(ALL)
    assert rows_in(page) == []
    assert "No studies yet" in page.content.decode()


def test_a_cursor_of_one_worklist_or_another_order_begins_at_the_first_page(client, cast):
    fill(cast.ct, ["Row^A"] * (PAGE + 5))
    client.force_login(cast.ana)
    older = link(client.get(ALL), "next")
    at = older.partition("at=")[2]

    assert client.get(ALL + "?sort=name&way=up&at=" + at).status_code == 422
    assert client.get(reverse("studies:worklist", args=[cast.ct.uuid]) + "?at=" + at).status_code == 422


def test_a_cursor_reads_no_position_from_a_worklist_that_is_not_ones_own(cast):
    fill(cast.ct, ["Row^A"] * 3)
    cursor = Cursor("after", (cast.other_placement.pk,))

    page = page_of_all(acting(cast.ana), Question(), Order(), cursor)

    assert page.rows == []


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ({"q": "Zander"}, {"Zander^Ann", "Zander^Bob", "Zander^Cy"}),
        ({"q": "Zander", "modality": "MR"}, {"Zander^Bob"}),
        ({"modality": "MR"}, {"Zander^Bob"}),
        ({"study_from": "2026-03-01", "study_to": "2026-03-31"}, {"Zander^Bob", "Zander^Cy"}),
        ({"arrived": "7"}, {"Zander^Ann", "Zander^Cy"}),
        ({"q": "Z-77"}, {"Zander^Cy"}),
        ({"q": "nobody"}, set()),
    ],
)
def test_a_search_finds_on_every_worklist_what_it_finds_on_one(client, cast, typed, names):
    also_on(cast, cast.emergency)
    Placement.objects.all().update(arrived_at=Now() - timedelta(days=30))
    fill(cast.ct, ["Zander^Ann"], study_date=date(2020, 1, 1), modalities=["CT"])
    [bob] = fill(cast.emergency, ["Zander^Bob"], study_date=date(2026, 3, 4), modalities=["MR"])
    fill(cast.emergency, ["Zander^Cy"], study_date=date(2026, 3, 31), patient_id="Z-77", modalities=["CT"])
    fill(cast.imaging, ["Zander^Elsewhere"], study_date=date(2026, 3, 4), modalities=["MR"])
    Placement.objects.filter(study=bob).update(arrived_at=Now() - timedelta(days=30))
    client.force_login(cast.ana)

    page = search_all(client, **typed)

    shown = Placement.objects.filter(uuid__in=rows_in(page)).values_list("study__patient_name", flat=True)
    assert set(shown) == names
    assert "q=" not in page.wsgi_request.get_full_path()


@pytest.mark.parametrize("typed", [{"q": "Many"}, {"modality": "CT"}, {"study_from": "2020-01-01"}])
def test_a_search_says_when_there_are_more_than_are_shown(client, cast, typed):
    also_on(cast, cast.emergency)
    for place in (cast.ct, cast.emergency):
        fill(place, ["Many^Row"] * (MOST_HITS // 2 + 10), study_date=date(2026, 1, 1), modalities=["CT"])
    client.force_login(cast.ana)

    assert "More than 1000 studies match." in search_all(client, **typed).content.decode()


def test_the_newest_of_many_hits_are_shown(cast):
    also_on(cast, cast.emergency)
    fill(cast.emergency, ["Many^Old"] * 700, study_date=date(2020, 1, 1))
    fill(cast.ct, ["Many^New"] * 700, study_date=date(2026, 1, 1))
    Placement.objects.filter(worklist=cast.emergency).update(arrived_at=Now() - timedelta(days=9))
    question = Question(study_from=date(2019, 1, 1))

    page = page_of_all(acting(cast.ana), question, Order(Sort.STUDY_DATE, False), None)
    old = Placement.objects.filter(worklist=cast.emergency).count()

    assert page.hits == MOST_HITS + 1
    assert old == 700
    # 1,001 are found: all 700 new ones and 301 of the old ones.
    pages, cursor, days = 0, None, []
    while pages == 0 or cursor:
        page = page_of_all(acting(cast.ana), question, Order(Sort.STUDY_DATE, False), cursor)
        days += [row.study_date for row in page.rows]
        cursor, pages = page.older, pages + 1
    assert days.count(date(2026, 1, 1)) == 700


def test_what_is_selected_are_all_that_match_on_every_worklist(client, cast):
    also_on(cast, cast.emergency)
    fill(cast.ct, ["Row^A"] * 40)
    fill(cast.emergency, ["Row^B"] * 40)
    client.force_login(cast.ana)

    page = client.get(ALL, {"select": "all"}).content.decode()

    assert "All 81 studies are selected." in page
    assert page.count(" checked") == 81


def test_each_worklist_whose_studies_are_shown_has_an_event_and_no_other(client, cast):
    also_on(cast, cast.emergency, cast.cardiology)
    fill(cast.emergency, ["Row^B"] * 2)
    client.force_login(cast.ana)
    before = AuditEvent.objects.count()

    client.get(ALL)

    events = AuditEvent.objects.order_by("pk")[before:]
    assert {(event.action, event.worklist_label, event.detail["rows"]) for event in events} == {
        (Action.LIST_READ, "CT Reporting", 1),
        (Action.LIST_READ, "Emergency", 2),
    }
    assert {event.detail["all_worklists"] for event in events} == {True}


def test_a_search_that_finds_nothing_is_recorded_on_the_persons_own_worklist(client, cast):
    client.force_login(cast.ana)
    before = AuditEvent.objects.count()

    search_all(client, q="Nobody")

    [event] = AuditEvent.objects.order_by("pk")[before:]
    assert (event.action, event.worklist_id) == (Action.LIST_SEARCH, cast.ana.personal_worklist.pk)
    assert event.detail["fields"] == ["text"]
    assert "Nobody" not in str(event.detail)


def test_reading_all_worklists_visits_none(client, cast):
    client.force_login(cast.ana)

    client.get(ALL)

    assert not LastVisit.objects.exists()


def test_a_page_costs_the_same_however_many_worklists(client, cast):
    fill(cast.ct, ["Row^A"] * 60)
    client.force_login(cast.ana)
    client.get(ALL)
    with CaptureQueriesContext(connection) as first:
        client.get(ALL)
    places = [make_location(cast.northgate, f"Place {number}") for number in range(40)]
    also_on(cast, *places)
    for place in places:
        fill(place, ["Row^B"] * 3)
    with CaptureQueriesContext(connection) as many:
        page = client.get(ALL)

    assert len({row["worklist_id"] for row in Placement.objects.filter(uuid__in=rows_in(page)).values()}) > 10
    assert len(of_the_list(many)) == len(of_the_list(first)) <= 6


def test_sharing_studies_of_several_worklists_asks_which_come_first(client, cast):
    also_on(cast, cast.emergency)
    [study] = fill(cast.emergency, ["Ferry^Magnus"])
    client.force_login(cast.ana)
    ticked = [str(cast.placement.uuid), str(placement_of(study, cast.emergency).uuid)]

    answer = client.post(reverse("sharing:share"), {"placement": ticked})

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Your selection is on 2 worklists" in text
    assert "Share the studies of one worklist at a time." in text
    assert text.count("Share 1 study") == 2
    assert all(f'value="{uuid}"' in text for uuid in ticked)
    assert "Quill" not in text
    assert "Ferry" not in text


def test_the_picker_leads_to_all_worklists_where_there_are_several(client, cast):
    client.force_login(cast.ana)
    assert f'href="{ALL}"' in client.get(reverse("studies:worklists")).content.decode()

    client.force_login(cast.ed)
    assert f'href="{ALL}"' not in client.get(reverse("studies:worklists")).content.decode()
