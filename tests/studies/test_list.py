"""The studies page: who sees which list, what the picker shows, and what a row says."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actor import OPERATOR
from audit.models import AuditEvent
from sharing.models import Method
from sharing.services import end_shares, share_studies
from sharing.targets import Target
from studies.models import Study
from tests.cast import acting
from tests.factories import join, make_study, placement_of
from tests.studies.lists import fill, list_of, rows_in, statements

pytestmark = pytest.mark.django_db

SEEN, HIDDEN = 200, 404


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


def news_beside(client, worklist):
    page = client.get(
        reverse("studies:news"), {"current": str(worklist.uuid)}, headers={"HX-Request": "true"}
    )
    return " ".join(re.sub("<[^>]+>", "", page.content.decode()).split())


def test_a_list_asks_for_what_is_new_on_other_worklists_and_says_the_sum(client, cast):
    client.force_login(cast.adam)
    for worklist in (cast.ct, cast.emergency, cast.chest):
        client.get(list_of(worklist))
    landed = client.get(reverse("studies:list"), follow=True).content.decode()
    assert f"{reverse('studies:news')}?current={cast.chest.uuid}" in landed
    assert news_beside(client, cast.chest) == ""

    fill(cast.ct, ["Two^One", "Two^Two"])
    make_study(cast.emergency)
    make_study(cast.chest)

    assert news_beside(client, cast.chest) == "3 new elsewhere, on 2 worklists"
    assert news_beside(client, cast.ct) == "2 new elsewhere, on 2 worklists"


def test_the_sum_of_what_is_new_elsewhere_is_no_more_than_99_and_costs_one_statement(client, cast):
    fill(cast.ct, ["Many^One"] * 105)
    client.force_login(cast.adam)
    client.get(list_of(cast.emergency))

    with CaptureQueriesContext(connection) as queries:
        shown = news_beside(client, cast.emergency)

    assert shown.startswith("99+ new elsewhere, on ")
    assert sum("studies_placement" in sql for sql in statements(queries.captured_queries)) == 1


def test_only_the_first_page_of_a_list_asks_for_news(client, cast):
    fill(cast.ct, [f"Many^{number:03}" for number in range(60)])
    client.force_login(cast.adam)

    first = client.get(list_of(cast.ct))
    second = client.get(first.context["older"])

    assert reverse("studies:news") in first.content.decode()
    assert reverse("studies:news") not in second.content.decode()


def test_the_picker_groups_by_account_with_the_own_studies_last(client, cast):
    join(cast.adam, cast.riverside, "Viewer", [cast.imaging])
    client.force_login(cast.adam)

    page = client.get(reverse("studies:worklists"), headers={"HX-Request": "true"}).content.decode()

    groups = [re.sub("<[^>]+>", "", group) for group in re.findall(r"<h2[^>]*>(.*?)</h2>", page)]
    assert groups == ["Northgate Hospital", "Riverside Clinic", "Personal"]
    assert "<html" not in page


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
