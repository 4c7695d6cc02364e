"""Who could open a study at a moment in the past, on paper and as a file; and the event that each answer records."""

import csv
import io

import pytest
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from tests.sharing.access_pages import ask, later, names, noted, words
from tests.sharing.guests import made

__all__ = ["noted"]
pytestmark = pytest.mark.django_db


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
