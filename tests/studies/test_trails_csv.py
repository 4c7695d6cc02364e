"""The trail as a file: whole, in the trail itself, and harmless in a spreadsheet."""

import csv
import io
import re
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from audit import selectors
from audit.actions import Action
from audit.exports import safe, write_csv
from audit.models import AuditEvent
from audit.selectors import Filters
from audit.services import event, record_all
from studies.services.trail import CSV_HEAD, export_trail
from tests.cast import acting
from tests.trails import look, make_world, on, with_names


@pytest.fixture
def ana(cast, client):
    client.force_login(cast.ana)
    return cast.ana


def fetch(client, placement, **filters):
    return client.get(reverse("studies:trail_csv", args=[placement.uuid]), filters)


def rows_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_file_holds_the_lines_of_the_page(cast, ana, client):
    make_world(cast)
    page = client.get(reverse("studies:trail", args=[cast.placement.uuid])).context["trail"]
    rows = rows_of(fetch(client, cast.placement))
    # The file was asked for after the page, so reading the page is its newest line.
    assert rows[0]["What happened"] == "Ana read the audit trail"
    assert [row["What happened"] for row in rows[1:]] == [line.sentence for line in page.events]
    assert list(rows[0]) == list(CSV_HEAD)


def test_the_file_says_what_when_who_where(cast, ana, client):
    look(cast.placement, cast.vera, ip_address="192.0.2.7")
    [row] = rows_of(fetch(client, cast.placement))
    line = AuditEvent.objects.get(action=Action.STUDY_OPEN)
    assert row == {
        "When": line.at.astimezone(ZoneInfo("Europe/London")).isoformat(sep=" ", timespec="seconds"),
        "Time zone": "Europe/London",
        "Person": "Vera",
        "Person mark": f"P{cast.vera.pk}",
        "Email": "vera@example.org",
        "Email domain": "",
        "Role": "Viewer",
        "Action": "Study opened",
        "What happened": "Vera opened the study",
        "Outcome": "success",
        "Worklist": "CT Reporting",
        "Account": "Northgate Hospital",
        "IP address": "192.0.2.7",
        "Study UID": cast.study.study_instance_uid,
        "Share": "",
        "Event": str(line.pk),
    }


def test_the_file_is_streamed_as_an_attachment_without_patient_data(cast, ana, client):
    look(cast.placement, cast.vera)
    response = fetch(client, cast.placement)
    assert response.streaming
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert (
        response["Content-Disposition"]
        == f'attachment; filename="audit-trail-{str(cast.placement.uuid)[:8]}.csv"'
    )
    assert "Quill" not in b"".join(response.streaming_content).decode()


def test_exporting_is_in_the_trail_with_how_much_left(cast, ana, client):
    look(cast.placement, cast.vera)
    look(cast.placement, cast.ana)
    fetch(client, cast.placement, person=cast.vera.pk)
    line = AuditEvent.objects.get(action=Action.AUDIT_EXPORT)
    assert (line.by_id, line.study_id, line.ip_address) == (ana.pk, cast.study.pk, "127.0.0.1")
    assert line.detail == {"filters": {"person": cast.vera.pk}, "lines": 1}


def test_the_filters_count_for_the_file_too(cast, ana, client):
    make_world(cast)
    rows = rows_of(fetch(client, cast.placement, action=Action.SHARE_ADD, person=cast.caro.pk))
    assert [row["What happened"] for row in rows] == [
        "Caro shared the study with Riverside Orthopaedics (group)"
    ]


def test_an_external_recipient_exports_what_they_may_read_and_no_more(cast, client):
    world = make_world(cast)
    client.force_login(cast.ed)
    rows = rows_of(fetch(client, world.ed))
    assert [row["What happened"] for row in rows] == [
        "Ed opened the study",
        "Ed shared the study with Caro (by email)",
        "Ana shared the study with Ed (by email)",
    ]
    assert [row["Email"] for row in rows] == ["ed@example.org", "ed@example.org", ""]
    assert [row["Email domain"] for row in rows] == ["", "", "example.org"]
    assert [row["Person mark"] for row in rows] == [
        f"P{person.pk}" for person in (cast.ed, cast.ed, cast.ana)
    ]


def test_without_the_right_there_is_no_file(cast, client):
    client.force_login(cast.vera)
    assert fetch(client, cast.placement).status_code == 403
    assert not AuditEvent.objects.filter(action=Action.AUDIT_EXPORT).exists()


def test_who_does_not_see_the_study_gets_404(cast, client):
    client.force_login(cast.caro)
    assert fetch(client, cast.placement).status_code == 404


def test_the_service_asks_for_the_right_itself(cast):
    with pytest.raises(PermissionDenied):
        export_trail(
            placement=with_names(cast.placement),
            by=acting(cast.vera),
            filters=Filters(),
            zone=ZoneInfo("UTC"),
        )


def test_no_file_leaves_when_its_export_cannot_be_recorded(cast, ana, client, monkeypatch):
    def out_of_ink(*args, **kwargs):
        raise RuntimeError("no ink")

    monkeypatch.setattr("studies.services.trail.record", out_of_ink)
    with pytest.raises(RuntimeError, match="no ink"):
        fetch(client, cast.placement)


def test_many_lines_come_in_batches_by_key_each_once(cast, ana, client, django_assert_num_queries):
    where = on(with_names(cast.placement))
    record_all(event(Action.STUDY_OPEN, by=acting(cast.ana), on=where) for _ in range(2100))
    rows = rows_of(fetch(client, cast.placement))
    ids = [int(row["Event"]) for row in rows]
    assert len(ids) == 2100 and ids == sorted(set(ids), reverse=True)
    with django_assert_num_queries(4):
        assert [len(batch) for batch in selectors.batches(AuditEvent.objects.filter(action=Action.STUDY_OPEN))] == [
            1000, 1000, 100,
        ]  # fmt: skip


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1+2", "-1+2", "@SUM(A1)", "＝1+1"])
def test_a_name_that_is_a_formula_is_plain_text_in_the_file(cast, ana, client, name):
    cast.vera.name = name
    cast.vera.save()
    look(cast.placement, cast.vera)
    [row] = rows_of(fetch(client, cast.placement))
    assert row["Person"] == f"'{name}"
    assert row["What happened"] == f"'{name} opened the study"


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1"])
def test_a_cell_a_spreadsheet_would_run_gets_an_apostrophe(cell):
    assert safe(cell).startswith("'") and safe(cell).replace("'", "") == cell


SIGNS = st.sampled_from([*"=+-@,;|\t\r\n\"' ", "＝", "a", "1", "é"])


@given(cells=st.lists(st.one_of(st.text(SIGNS, max_size=12), st.text(max_size=12)), min_size=1, max_size=4))
def test_no_cell_is_a_formula_whatever_separator_a_spreadsheet_takes(cells):
    cells = [cell.encode("utf-8", "replace").decode() for cell in cells]
    file = io.StringIO(newline="")
    write_csv(file, ["Text"], [cells])
    text = file.getvalue()

    for separator in ",;\t|":
        parts = [
            cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row
        ]
        # As a program reads it that knows no quotation marks, too.
        parts += [cell for line in re.split("[\r\n]", text) for cell in line.split(separator)]
        assert [part for part in parts if part.strip().strip('"').strip().startswith(tuple("=+-@＝"))] == []
    [_head, read] = csv.reader(io.StringIO(text, newline=""))
    assert [cell.replace("'", "") for cell in read] == [cell.replace("'", "") for cell in cells]


@pytest.mark.parametrize(
    ("cell", "text"), [(None, ""), (5, "5"), ("Ana Obi", "Ana Obi"), ("a=b", "a=b"), ("", "")]
)
def test_other_cells_stay_as_they_are(cell, text):
    assert safe(cell) == text
