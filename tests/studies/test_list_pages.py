"""The pages of a list: their order, where they begin, what they cost, and the event each leaves."""

import re
from datetime import date
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from studies.models import LastVisit, Placement
from studies.selectors import Cursor, Order, Question, Sort, page_of
from tests.cast import acting
from tests.factories import placement_of
from tests.studies.lists import fill, link, list_of, rows_in, search, statements

pytestmark = pytest.mark.django_db

ORDERS = [(sort, way) for sort in ("arrived", "date", "name") for way in ("up", "down")]
COLUMNS = {"arrived": ["arrived_at"], "date": ["study_date", "study_time"], "name": ["name_key"]}


@pytest.mark.parametrize(("sort", "way"), ORDERS)
def test_all_pages_together_are_the_whole_list_in_order_ties_included(client, cast, sort, way):
    days = [None, date(2026, 1, 2), date(2026, 1, 2), date(2024, 5, 6)]
    for day, time in zip(days, ("0800", "200000", "", "07:15:00.5"), strict=True):
        fill(
            cast.ct,
            ["Same^Name", "Same^Name", "Other^Name", *(f"Row^{n:02}" for n in range(30))],
            study_date=day,
            study_time_raw=time,
        )
    client.force_login(cast.ana)
    ordered = Placement.objects.filter(worklist=cast.ct).order_by(*COLUMNS[sort], "id")
    ordered = ordered if way == "up" else ordered.reverse()
    expected = [str(uuid) for uuid in ordered.values_list("uuid", flat=True)]

    walked, page = [], client.get(list_of(cast.ct), {"sort": sort, "way": way})
    assert link(page, "prev") is None
    pages = [page]
    while older := link(pages[-1], "next"):
        pages.append(client.get(older))
    for one in pages:
        walked += rows_in(one)
    assert walked == expected
    assert len(pages) == 3

    back = [rows_in(pages[-1])]
    newer = link(pages[-1], "prev")
    while newer:
        page = client.get(newer)
        back.insert(0, rows_in(page))
        newer = link(page, "prev")
    assert [uuid for one in back for uuid in one] == expected


def test_a_page_goes_on_where_it_was_though_its_last_row_is_gone(client, cast):
    studies = fill(cast.ct, [f"Row^{n:03}" for n in range(60)])
    client.force_login(cast.ana)
    first = client.get(list_of(cast.ct), {"sort": "name"})
    last = Placement.objects.get(uuid=rows_in(first)[-1])

    last.delete()

    assert len(rows_in(client.get(link(first, "next")))) == len(studies) + 1 - 50


def test_an_address_never_holds_a_patients_name_or_number(client, cast):
    fill(cast.ct, ["Zzyzx^Quentin"] * 60, patient_id="SECRET77")
    client.force_login(cast.ana)

    by_name = client.get(list_of(cast.ct), {"sort": "name"}).content.decode()
    response = search(client, cast.ct, q="zzyzx quentin")

    addresses = [
        unescape(href).lower() for href in re.findall(r'(?:href|action|hx-[a-z]+)="([^"]*)"', by_name)
    ]
    assert addresses
    assert not [address for address in addresses if "zzyzx" in address or "secret77" in address]
    assert "zzyzx" not in response.request["QUERY_STRING"].lower()
    assert len(rows_in(response)) == 50


@pytest.mark.parametrize(
    "query",
    [
        {"at": "nonsense"},
        {"at": "WyJhZnRlciIsMV0:AAAA"},
        {"at": "x" * 5000},
        {"at": "\x00"},
        {"at": "☃☃☃:☃"},
        {"sort": "patient"},
        {"way": "sideways"},
        {"select": "everything"},
        {"search": "never-made"},
        {"search": "\x00"},
    ],
)
def test_an_address_that_was_not_made_here_gets_the_beginning_and_a_sentence(client, cast, query):
    client.force_login(cast.ana)

    page = client.get(list_of(cast.ct), query)

    assert page.status_code == 422
    assert "data-sentence" in page.content.decode()
    assert rows_in(page) == [str(cast.placement.uuid)]


def test_a_place_in_one_list_is_none_in_another(client, cast):
    fill(cast.ct, ["Row^One"] * 60)
    client.force_login(cast.adam)
    at = parse_qs(urlsplit(link(client.get(list_of(cast.ct)), "next")).query)["at"][0]

    assert client.get(list_of(cast.ct), {"at": at}).status_code == 200
    assert client.get(list_of(cast.chest), {"at": at}).status_code == 422
    assert client.get(list_of(cast.ct), {"at": at, "sort": "name"}).status_code == 422


@pytest.mark.parametrize("how_many", [1, 50])
@pytest.mark.parametrize("sort", ["arrived", "date", "name"])
def test_a_page_costs_the_same_however_many_rows_it_has(client, cast, how_many, sort):
    studies = fill(cast.emergency, [f"Row^{n}" for n in range(how_many)])
    placements = [placement_of(study, cast.emergency).uuid for study in studies]
    share_studies(
        placements=placements, targets=[Target(Method.GROUP, str(cast.chest.uuid))], by=acting(cast.ben)
    )
    client.force_login(cast.adam)
    client.get(list_of(cast.chest))

    with CaptureQueriesContext(connection) as queries:
        page = client.get(list_of(cast.chest), {"sort": sort})

    assert len(rows_in(page)) == how_many
    assert len(statements(queries.captured_queries)) == 8


def test_a_further_page_and_a_found_one_cost_no_more(client, cast):
    fill(cast.ct, [f"Row^{n:03}" for n in range(120)])
    client.force_login(cast.ana)
    further = link(client.get(list_of(cast.ct), {"sort": "name"}), "next")
    client.post(reverse("studies:search", args=[cast.ct.uuid]), {"q": "row"})
    word = next(iter(client.session["studies.searches"]))

    with CaptureQueriesContext(connection) as on_further:
        client.get(further)
    with CaptureQueriesContext(connection) as on_found:
        client.get(list_of(cast.ct), {"search": word})

    assert len(statements(on_further.captured_queries)) <= 8
    assert len(statements(on_found.captured_queries)) <= 8


def test_a_page_deep_in_the_list_is_one_index_range_in_each_order(cast):
    fill(cast.ct, [f"Row^{n:04}" for n in range(1200)])
    with connection.cursor() as cursor:
        # A table this small could be read and sorted as quickly; that the index serves is what counts.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    anchor = Placement.objects.filter(worklist=cast.ct).order_by("id")[600].pk

    for sort, index in ((Sort.ARRIVED, "arrival"), (Sort.STUDY_DATE, "study_time"), (Sort.NAME, "name")):
        for descending in (True, False):
            with CaptureQueriesContext(connection) as queries:
                page_of(cast.ct, Question(), Order(sort, descending), Cursor("after", (anchor,)))
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + queries.captured_queries[0]["sql"])
                plan = "\n".join(row[0] for row in cursor.fetchall())
            assert re.search(rf"Index Scan (Backward )?using placements_by_{index} ", plan), plan
            assert re.search(r"Index Cond: .*ROW\(", plan), plan
            assert "Sort Key" not in plan.split("InitPlan")[0]


# What the trail is told


def test_each_page_of_a_list_that_was_shown_leaves_a_line(client, cast):
    fill(cast.ct, ["Row^One"] * 60)
    client.force_login(cast.ana)

    client.get(link(client.get(list_of(cast.ct)), "next"))

    details = AuditEvent.objects.filter(action=Action.LIST_READ, by_id=cast.ana.pk).order_by("id")
    assert [event.detail["rows"] for event in details] == [50, 11]


def test_when_the_line_cannot_be_written_nothing_is_shown(client, cast, monkeypatch):
    monkeypatch.setattr("studies.services.reads.record", _fails)
    client.force_login(cast.ana)
    client.raise_request_exception = False

    page = client.get(list_of(cast.ct))

    assert page.status_code == 500
    assert "Quill" not in page.content.decode()
    assert not LastVisit.objects.filter(user=cast.ana).exists()


def _fails(*args, **kwargs):
    raise OSError("no room")
