"""The studies page: who sees which list, its pages and orders, searching it, and what it offers."""

import re
from datetime import date, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing.models import Method
from sharing.services import end_shares, share_studies
from sharing.targets import Target
from studies.models import LastVisit, Placement, Study
from studies.selectors import Cursor, Order, Question, Sort, page_of
from tests.cast import acting
from tests.factories import join, make_role, make_study, make_user, placement_of

pytestmark = pytest.mark.django_db

SEEN, HIDDEN = 200, 404
ORDERS = [(sort, way) for sort in ("arrived", "date", "name") for way in ("up", "down")]
COLUMNS = {"arrived": ["arrived_at"], "date": ["study_date", "study_time"], "name": ["name_key"]}


def list_of(worklist):
    return reverse("studies:worklist", args=[worklist.uuid])


def fill(worklist, names, **more):
    """Many studies at once, as an import would bring them."""
    made = Study.objects.bulk_create(
        Study(home=worklist, study_instance_uid=f"2.25.{uuid4().int}", patient_name=name, **more)
        for name in names
    )
    Placement.objects.bulk_create(
        Placement(
            study=study,
            worklist=worklist,
            **dict.fromkeys(("visible_until", "internal_until", "exists_until"), "9999-12-31T00:00Z"),
        )
        for study in made
    )
    return made


def rows_in(response):
    return re.findall(r'<a href="/placements/([0-9a-f-]+)/">', response.content.decode())


def link(response, rel):
    found = re.search(rf'rel="{rel}" href="([^"]+)"', response.content.decode())
    return unescape(found[1]) if found else None


def search(client, worklist, **typed):
    address = reverse("studies:search", args=[worklist.uuid])
    response = client.post(address, typed)
    return client.get(response["Location"]) if response.status_code == 302 else response


def statements(queries):
    """What went to the database, without the savepoints that a test's own transaction brings."""
    return [one["sql"] for one in queries if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]


# Who sees it


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("adam", SEEN),
        ("ana", SEEN),
        ("lois", SEEN),
        ("gus", SEEN),
        ("phil", SEEN),
        ("cody", SEEN),
        ("erin", SEEN),
        ("vera", SEEN),
        ("nolan", HIDDEN),
        ("ina", HIDDEN),
        ("ben", HIDDEN),
        ("sue", HIDDEN),
        ("rita", HIDDEN),
        ("caro", HIDDEN),
        ("ed", HIDDEN),
    ],
)
def test_a_list_is_there_for_those_whose_role_lists_studies(client, cast, person, status):
    client.force_login(getattr(cast, person))

    assert client.get(list_of(cast.ct)).status_code == status
    assert client.get(reverse("studies:search", args=[cast.ct.uuid])).status_code == (
        302 if status == SEEN else 404
    )


def test_who_is_not_signed_in_is_led_to_sign_in_and_back(client, cast):
    response = client.get(list_of(cast.ct))

    assert response.status_code == 302
    assert parse_qs(urlsplit(response["Location"]).query)["next"] == [list_of(cast.ct)]


def test_htmx_of_a_signed_out_person_is_answered_401(client, cast):
    assert client.get(list_of(cast.ct), headers={"HX-Request": "true"}).status_code == 401
    assert (
        client.post(
            reverse("studies:search", args=[cast.ct.uuid]), headers={"HX-Request": "true"}
        ).status_code
        == 401
    )


def test_a_hidden_list_and_a_list_that_does_not_exist_are_the_same_bytes_and_leave_no_line(client, cast):
    client.force_login(cast.caro)
    before = AuditEvent.objects.count()

    hidden = client.get(list_of(cast.ct))
    nowhere = client.get(reverse("studies:worklist", args=[uuid4()]))

    assert (hidden.status_code, hidden.content) == (nowhere.status_code, nowhere.content)
    assert AuditEvent.objects.count() == before


def test_a_right_taken_from_the_role_counts_from_the_next_request(client, cast):
    from tests.factories import membership_of
    from worklists import services

    client.force_login(cast.vera)
    assert client.get(list_of(cast.ct)).status_code == 200

    services.remove_worklist_member(membership=membership_of(cast.vera, cast.ct), by=OPERATOR)

    assert client.get(list_of(cast.ct)).status_code == 404


# Where one begins


def test_the_studies_page_leads_to_the_first_worklist_and_then_to_the_last_visited(client, cast):
    client.force_login(cast.adam)
    assert client.get(reverse("studies:list"))["Location"] == list_of(cast.ct)

    client.get(list_of(cast.chest))

    assert client.get(reverse("studies:list"))["Location"] == list_of(cast.chest)


def test_who_belongs_to_no_account_begins_with_their_own_studies(client, cast):
    client.force_login(cast.ed)

    page = client.get(reverse("studies:list"), follow=True)

    assert page.redirect_chain == [(list_of(cast.ed.personal_worklist), 302)]
    assert "Nothing has been shared with you yet" in page.content.decode()


def test_the_picker_tells_what_is_new_since_the_last_visit_and_no_more_than_99(client, cast):
    fill(cast.ct, ["Many^One"] * 105)
    client.force_login(cast.adam)
    client.get(list_of(cast.emergency))
    make_study(cast.emergency)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = client.get(reverse("studies:worklists")).content.decode()

    told = dict(
        re.findall(r"<bdi>([^<]+)</bdi>\s*</span>\s*<span class=\"picker-new num\">([^<]+)</span>", page)
    )
    assert told == {"CT Reporting": "99+ new", "Emergency": "1 new"}
    assert sum("studies_placement" in sql for sql in statements(queries.captured_queries)) == 1


def test_the_picker_groups_by_account_with_the_own_studies_last(client, cast):
    join(cast.adam, cast.riverside, "Viewer", [cast.imaging])
    client.force_login(cast.adam)

    page = client.get(reverse("studies:worklists"), headers={"HX-Request": "true"}).content.decode()

    groups = [re.sub("<[^>]+>", "", group) for group in re.findall(r"<h2[^>]*>(.*?)</h2>", page)]
    assert groups == ["Northgate Hospital", "Riverside Clinic", "Personal"]
    assert "<html" not in page


# Pages


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
    found = search(client, cast.ct, q="zzyzx quentin")

    addresses = [
        unescape(href).lower() for href in re.findall(r'(?:href|action|hx-[a-z]+)="([^"]*)"', by_name)
    ]
    assert addresses
    assert not [address for address in addresses if "zzyzx" in address or "secret77" in address]
    assert "zzyzx" not in found.request["QUERY_STRING"].lower()
    assert len(rows_in(found)) == 50


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


# Selecting and what is offered


def boxes(page):
    return re.findall(r'name="placement" value="([0-9a-f-]+)"[^>]*checked', page.content.decode())


def test_all_that_match_are_selected_beyond_the_page(client, cast):
    fill(cast.ct, [f"Quill^{n}" for n in range(70)])
    fill(cast.ct, ["Other^One"] * 5)
    client.force_login(cast.ana)
    found = search(client, cast.ct, q="quill")
    everything = re.search(r'href="([^"]+select=all[^"]*)"', found.content.decode())[1]

    page = client.get(unescape(everything))

    quills = Placement.objects.filter(worklist=cast.ct, name_key__startswith="quill")
    assert sorted(boxes(page)) == sorted(str(one.uuid) for one in quills)
    assert "All 71 studies are selected." in page.content.decode()


def test_no_more_are_selected_than_one_share_takes(client, cast):
    fill(cast.ct, ["Row^One"] * 510)
    client.force_login(cast.ana)

    page = client.get(list_of(cast.ct), {"select": "all"})

    assert len(boxes(page)) == len(set(boxes(page))) == 500
    assert "The first 500 studies are selected" in page.content.decode()


@pytest.mark.parametrize(
    ("person", "share", "remove"),
    [
        ("ana", True, True),
        ("lois", True, False),
        ("erin", True, False),
        ("vera", False, False),
        ("adam", True, True),
    ],
)
def test_the_menu_offers_what_the_role_allows(client, cast, person, share, remove):
    # A study that can be removed: the original of another is not.
    own = make_study(cast.emergency)
    share_studies(
        placements=[placement_of(own, cast.emergency).uuid],
        targets=[Target(Method.LOCATION, str(cast.ct.uuid))],
        by=acting(cast.ben),
    )
    client.force_login(getattr(cast, person))

    page = client.get(list_of(cast.ct)).content.decode()

    assert (f'formaction="{reverse("sharing:share")}"' in page) == share
    assert (f'formaction="{reverse("sharing:remove")}"' in page) == remove
    assert ('name="placement"' in page) == (share or remove)


def test_who_may_share_but_by_no_method_is_offered_nothing(client, cast):
    role = make_role(cast.northgate, "Methodless", ["list_studies", "share_study"])
    mute = make_user("Mute")
    join(mute, cast.northgate, role, [cast.ct])
    client.force_login(mute)

    assert reverse("sharing:share") not in client.get(list_of(cast.ct)).content.decode()


def test_a_row_says_how_the_study_came_by_whom_and_until_when(client, cast, clock):
    until = clock.now() + timedelta(days=10)
    share_studies(
        placements=[cast.other_placement.uuid],
        targets=[Target(Method.CODE, "NGCT2026"), Target(Method.EMAIL, cast.ana.email)],
        by=acting(cast.caro),
        expires_at=until,
    )
    client.force_login(cast.ana)

    on_ct = re.sub(r"<[^>]+>|\s+", " ", client.get(list_of(cast.ct)).content.decode())
    on_own = re.sub(r"<[^>]+>|\s+", " ", client.get(list_of(cast.ana.personal_worklist)).content.decode())

    assert re.search(r"Ferry, Magnus .* Shared .* until .* by\s+Caro , .*Riverside Clinic", on_ct)
    assert re.search(r"Quill, Hazel .* Original", on_ct)
    assert re.search(r"Ferry, Magnus .* External .* until .* by\s+Caro", on_own)


def test_a_study_leaves_the_list_when_its_share_ends_or_expires(client, cast, clock):
    report = share_studies(
        placements=[cast.placement.uuid],
        targets=[
            Target(Method.LOCATION, str(cast.emergency.uuid)),
            Target(Method.PHYSICIAN, str(cast.ben.uuid)),
        ],
        by=acting(cast.ana),
        expires_at=clock.now() + timedelta(days=1),
    )
    client.force_login(cast.ben)
    assert len(rows_in(client.get(list_of(cast.emergency)))) == 1

    end_shares(shares=[report.rows[0].share.uuid], by=acting(cast.ana))
    assert rows_in(client.get(list_of(cast.emergency))) == []
    assert len(rows_in(client.get(list_of(cast.ben.personal_worklist)))) == 1

    clock.move(days=2)
    client.force_login(cast.ben)
    assert rows_in(client.get(list_of(cast.ben.personal_worklist))) == []


# Hostile text


def test_what_dicom_says_is_text_and_turns_no_line_around(client, cast):
    make_study(
        cast.ct,
        patient_name='<script>alert("1")</script>^\u202eevil',
        description="<img src=x onerror=alert(1)>",
        patient_id="\u202e9\u2066",
        accession_number="'\"><b>",
        modalities=["<CT>"],
    )
    client.force_login(cast.ana)

    page = client.get(list_of(cast.ct)).content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert '"><b>' not in page
    assert re.search(r"<bdi><a href=\"/placements/[^>]+>&lt;script&gt;", page)


CLOCKS = ["", "08", "0840", "084000", "084000.5", "08:40:00", "2000", "235960", "99", "x"]


@pytest.mark.parametrize("raw", CLOCKS)
def test_the_time_of_a_study_is_a_sort_key_however_it_is_written(cast, raw):
    study = make_study(cast.ct, study_date="2026-01-02", study_time_raw=raw)
    Study.objects.filter(pk=study.pk).update(study_time_raw="1015")
    changed = placement_of(study, cast.ct).study_time
    Study.objects.filter(pk=study.pk).update(study_time_raw=raw)

    assert str(changed) == "10:15:00"
    expected = {
        "08": "08:00:00",
        "2000": "20:00:00",
        "235960": "23:59:59.999999",
        "084000.5": "08:40:00.500000",
    }
    meant = expected.get(raw, "08:40:00" if raw.startswith("08") else "00:00:00")
    assert str(placement_of(study, cast.ct).study_time) == meant
