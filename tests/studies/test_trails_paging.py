"""The Audit trail tab by pages: newest events first, and repeats within a minute as one row."""

from zoneinfo import ZoneInfo

from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.actions import Action
from audit.models import AuditEvent
from tests.studies.trail_pages import address, ana, clicks, export_rows, numbers, opened, page, sentences
from tests.trails import look

__all__ = ["ana"]


def test_keyset_pages_lead_to_the_end_and_back(cast, ana, client):
    opened(cast, 120)
    start = page(client, cast.placement, action="views")
    seen = [numbers(start)]
    at = start
    for _ in range(2):
        at = client.get(address(cast.placement) + at.context["older"])
        seen.append(numbers(at))
    assert at.context["trail"].older is None
    assert seen == [list(range(119, 69, -1)), list(range(69, 19, -1)), list(range(19, -1, -1))]
    back = client.get(address(cast.placement) + at.context["newer"])
    assert numbers(back) == seen[1]
    assert numbers(client.get(address(cast.placement) + back.context["newer"])) == seen[0]


def test_repeats_within_a_minute_are_a_line_that_says_how_many_and_opens_to_each(cast, ana, client):
    clicks(cast, 3)

    shown = page(client, cast.placement, action="views")

    assert sentences(shown) == [
        "Ana viewed who has access",
        "Ana viewed images of the study",
        "Ana opened the study",
    ]
    text = " ".join(shown.content.decode().split())
    assert text.count("<summary>3 times within a minute</summary>") == 3
    moments = AuditEvent.objects.filter(action=Action.STUDY_OPEN).values_list("at", flat=True)
    zone = ZoneInfo(cast.ana.timezone)
    written = [f"{moment.astimezone(zone):%H:%M:%S}</span> Ana opened the study" for moment in moments]
    assert len(written) == text.count("</span> Ana opened the study</li>") == 3
    assert all(each in text for each in written)


def test_the_file_has_each_of_the_repeats(cast, ana, client):
    clicks(cast, 3)
    rows = list(export_rows(client, cast.placement))
    assert [row["Action"] for row in rows].count("Study opened") == 3


def test_pages_of_repeats_have_every_event_once(cast, ana, client):
    look(cast.placement, cast.vera)
    clicks(cast, 150)
    look(cast.placement, cast.ben)

    pages = [page(client, cast.placement, action="views")]
    for _ in range(2):
        pages.append(client.get(address(cast.placement) + pages[-1].context["older"]))

    shown = [line for at in pages for line in at.context["trail"].events]
    assert sum(len(line.moments) for line in shown) == 452
    assert (shown[0].sentence, shown[-1].sentence) == ("Ben opened the study", "Vera opened the study")
    assert pages[-1].context["trail"].older is None
    back = client.get(address(cast.placement) + pages[-1].context["newer"])
    first, second = pages[0].context["trail"], back.context["trail"]
    assert sum(len(line.moments) for line in second.events) == 200
    assert (first.newer, second.older) == (None, pages[1].context["trail"].older)


def test_lines_that_come_meanwhile_do_not_shift_the_pages(cast, ana, client):
    opened(cast, 60)
    start = page(client, cast.placement, action="views")
    opened(cast, 30)
    assert numbers(client.get(address(cast.placement) + start.context["older"])) == list(range(9, -1, -1))


def test_the_pager_keeps_the_filters(cast, ana, client):
    opened(cast, 60)
    older = page(client, cast.placement, person=cast.ana.pk, action="views").context["older"]
    assert f"person={cast.ana.pk}" in older and "action=views" in older


def test_a_cursor_past_either_end_gives_an_empty_page(cast, ana, client):
    opened(cast, 3)
    assert sentences(page(client, cast.placement, before=1)) == []
    assert sentences(page(client, cast.placement, after=2**62)) == []


def test_a_page_asks_the_same_number_of_questions_for_1_line_and_for_50(cast, ana, client):
    opened(cast, 1)
    page(client, cast.placement)  # the first request of a session writes down when it was
    counts = []
    for more in (0, 49, 100):
        opened(cast, more)
        with CaptureQueriesContext(connection) as asked:
            page(client, cast.placement)
        counts.append(len(asked))
    assert counts == [12, 12, 12]
