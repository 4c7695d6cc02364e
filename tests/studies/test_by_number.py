"""Studies by a pasted list of MRN and accession numbers: every number is answered, and nothing is ticked beforehand."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actions import Action
from audit.actor import OPERATOR
from audit.models import AuditEvent
from studies.selectors.by_number import MOST_SHOWN
from studies.services.by_number import MOST_NUMBERS, read_by_numbers
from tests.cast import acting
from tests.factories import make_location, placement_of
from tests.studies.lists import fill, rows_in
from worklists.services import add_worklist_member

pytestmark = pytest.mark.django_db


def found(cast, text, **more):
    numbered = read_by_numbers(text=text, by=acting(cast.ana), **more)
    return {
        number.text: [hit.placement.study.patient_name for hit in number.hits] for number in numbered.numbers
    }


def paste(client, text, worklist=None):
    where = ("studies:by_number", [worklist.uuid]) if worklist else ("studies:all_by_number", [])
    return client.post(reverse(where[0], args=where[1]), {"numbers": text})


@pytest.mark.parametrize("between", ["\n", "\r\n", ", ", "\t", " ", "; ", "\n\n,", "\u00a0", "\x00"])
def test_numbers_are_pasted_as_a_spreadsheet_or_a_mail_gives_them(cast, between):
    fill(cast.ct, ["One^A"], patient_id="M-1")
    fill(cast.ct, ["Two^B"], accession_number="A-2")

    assert found(cast, between.join(["M-1", "A-2", "X-3"])) == {"M-1": ["One^A"], "A-2": ["Two^B"], "X-3": []}


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        # One line: the whole first, however its space is written, and the parts only if that has no study.
        ("943 476 5919", ["943 476 5919"]),
        ("  943\u00a0476  5919 \n", ["943\u00a0476  5919"]),
        ("943 476 5919,", ["943 476 5919"]),
        ("ab 12", ["ab 12"]),
        ("943 476 M-1", ["943", "476", "M-1"]),
        # Anything else between the numbers: spaces belong to them.
        ("943 476 5919\nAB 12", ["943 476 5919", "AB 12"]),
        ("943 476 5919; AB 12;M-1", ["943 476 5919", "AB 12", "M-1"]),
        ("943 476 5919\tM-1", ["943 476 5919", "M-1"]),
        ("943 476 5919\u2028M-1", ["943 476 5919", "M-1"]),
        ("943 476\nM-1", ["943 476", "M-1"]),
        ("M-1 AB 12\nM-1", ["M-1 AB 12", "M-1"]),
    ],
)
def test_a_number_may_have_spaces_in_it(cast, text, answered):
    fill(cast.ct, ["Spaced^A"], patient_id="943 476 5919")
    fill(cast.ct, ["Part^B"], patient_id="476")
    fill(cast.ct, ["Lettered^C"], accession_number="AB 12")
    fill(cast.ct, ["Plain^D"], patient_id="M-1")
    names = {"943 476 5919": ["Spaced^A"], "476": ["Part^B"], "AB 12": ["Lettered^C"], "M-1": ["Plain^D"]}

    expected = {each: names.get(" ".join(each.split()).upper(), []) for each in answered}
    assert found(cast, text) == expected
    assert list(found(cast, text)) == answered


def test_a_whole_line_counts_on_the_worklist_that_is_asked(cast):
    """Elsewhere it may be a number: here its parts are looked up."""
    fill(cast.emergency, ["Else^Where"], patient_id="77 88")
    fill(cast.ct, ["Here^A"], patient_id="88")

    assert found(cast, "77 88", worklist=cast.ct) == {"77": [], "88": ["Here^A"]}


def test_a_number_with_a_space_that_is_not_found_says_how_to_separate_numbers(client, cast):
    client.force_login(cast.ana)
    advice = "if these are several numbers, put each on a line of its own"

    assert paste(client, "M-1 M-2\nM-3").content.decode().count(advice) == 1
    assert advice not in paste(client, "M-1 M-2").content.decode()


@pytest.mark.parametrize("pasted", ["m-1", "M-1", "\u200bM-1", "M\u00ad-1", "Ｍ-１", "\ufeffM-1"])
def test_a_number_that_reads_the_same_is_the_same(cast, pasted):
    fill(cast.ct, ["One^A"], patient_id="M-1")

    [names] = found(cast, pasted).values()
    assert names == ["One^A"]


def test_only_whole_numbers_count(cast):
    fill(cast.ct, ["One^A"], patient_id="M-12")

    assert found(cast, "M-1 M-123 M-12%") == {"M-1": [], "M-123": [], "M-12%": []}


def test_a_number_is_answered_once_in_the_order_of_the_list(cast):
    fill(cast.ct, ["One^A"], patient_id="M-1")

    numbered = read_by_numbers(text="Z-9 m-1 M-1 z-9 M-1", by=acting(cast.ana))

    assert [number.text for number in numbered.numbers] == ["Z-9", "m-1"]
    assert numbered.repeated == 3


def test_one_worklist_or_all_and_never_anothers(client, cast):
    add_worklist_member(worklist=cast.emergency, user=cast.ana, role=None, by=OPERATOR)
    for place in (cast.ct, cast.emergency, cast.imaging):
        fill(place, [f"On^{place.name}"], patient_id="M-1")

    assert found(cast, "M-1") == {"M-1": ["On^CT Reporting", "On^Emergency"]}
    assert found(cast, "M-1", worklist=cast.emergency) == {"M-1": ["On^Emergency"]}
    assert found(cast, "M-1", worklist=cast.imaging) == {"M-1": []}
    client.force_login(cast.ana)
    assert paste(client, "M-1", cast.imaging).status_code == 404


def test_the_page_says_what_each_number_is_and_ticks_nothing(client, cast):
    [one] = fill(cast.ct, ["One^A"], patient_id="M-1", issuer_of_patient_id="Northgate")
    fill(cast.ct, ["Two^B", "Two^B"], accession_number="A-2")
    client.force_login(cast.ana)

    page = paste(client, "M-1\nA-2\nX-3\nM-1", cast.ct)

    text = " ".join(page.content.decode().split())
    assert page.status_code == 200
    assert (
        "<strong>1 number has one study</strong>, 1 number has several studies, 1 number has no study."
        in text
    )
    assert "1 number was pasted more than once." in text
    assert "MRN, issued by Northgate" in text
    assert "2 studies: check which is meant" in text
    assert "not found on this worklist" in text
    assert len(rows_in(page)) == 3
    assert f'value="{placement_of(one, cast.ct).uuid}"' in text
    assert not re.search(r"data-select-row[^>]* checked", text)
    assert "data-select-all" not in text
    assert 'formaction="/share/"' in text


def test_more_than_are_shown_is_said(client, cast):
    fill(cast.ct, ["Many^A"] * (MOST_SHOWN + 3), patient_id="M-1")
    client.force_login(cast.ana)

    page = paste(client, "M-1")

    assert len(rows_in(page)) == MOST_SHOWN
    assert "more than 20 studies: the latest are shown" in " ".join(page.content.decode().split())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Paste at least one number."),
        (" \n,;\x00\u200b ", "Paste at least one number."),
        (
            " ".join(map(str, range(MOST_NUMBERS + 1))),
            "You can look up at most 100 numbers at once. You pasted 101.",
        ),
    ],
)
def test_nothing_and_too_much_are_refused_with_what_was_pasted(client, cast, text, sentence):
    client.force_login(cast.ana)
    before = AuditEvent.objects.count()

    page = paste(client, text)

    assert page.status_code == 422
    assert sentence in page.content.decode()
    assert AuditEvent.objects.count() == before
    with pytest.raises(ValidationError):
        read_by_numbers(text=text, by=acting(cast.ana))


@pytest.mark.parametrize(
    "text", ["A" * 400_000, "<script>" * 9, "\ud800x".encode("utf-8", "replace").decode(), "%_\\'\"", "é" * 3]
)
def test_hostile_text_finds_nothing_and_breaks_nothing(client, cast, text):
    client.force_login(cast.ana)

    page = paste(client, text)

    assert page.status_code == 200
    assert "not found on your worklists" in page.content.decode()
    assert "<script>script" not in page.content.decode()
    assert "<script><script>" not in page.content.decode()


def test_the_events_are_those_of_a_search_and_hold_no_number(client, cast):
    fill(cast.ct, ["One^A"], patient_id="M-777")
    client.force_login(cast.ana)
    before = AuditEvent.objects.count()

    paste(client, "M-777")
    paste(client, "X-888", cast.ct)
    paste(client, "X-999")

    events = AuditEvent.objects.order_by("pk")[before:]
    own = cast.ana.personal_worklist.pk
    assert [(event.action, event.worklist_id, event.detail["rows"]) for event in events] == [
        (Action.LIST_SEARCH, cast.ct.pk, 1),
        (Action.LIST_SEARCH, cast.ct.pk, 0),
        (Action.LIST_SEARCH, own, 0),
    ]
    assert not re.search("777|888|999", str([event.detail["fields"] for event in events]))


def test_a_hundred_numbers_cost_as_many_statements_as_one(client, cast):
    fill(cast.ct, ["One^A"], patient_id="M-0")
    client.force_login(cast.ana)
    paste(client, "M-0")
    with CaptureQueriesContext(connection) as first:
        paste(client, "M-0")
    for number in range(1, 8):
        place = make_location(cast.northgate, f"Place {number}")
        add_worklist_member(worklist=place, user=cast.ana, role=None, by=OPERATOR)
        fill(place, ["More^A"] * 3, patient_id=f"M-{number}")
    with CaptureQueriesContext(connection) as many:
        page = paste(client, " ".join(f"M-{number}" for number in range(100)))

    assert len(rows_in(page)) == 22
    asked = [[each["sql"] for each in queries if "session" not in each["sql"]] for queries in (first, many)]
    assert len(asked[0]) == len(asked[1]) <= 12
