"""Searching a worklist: what is found, what the address and the trail say of it, and what cannot be searched."""

from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from studies.models import Placement
from studies.views.list_page import NOT_KEPT
from tests.factories import make_location, make_study, placement_of
from tests.studies.lists import fill, link, list_of, rows_in, search

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"q": "quill"}, {"quill"}),
        ({"q": "QUILL, Hazel"}, {"quill"}),
        ({"q": "hazel quill"}, {"quill"}),
        ({"q": "quill^hazel"}, {"quill"}),
        ({"q": "uil"}, {"quill"}),
        ({"q": "qui h"}, {"quill"}),
        ({"q": "quill magnus"}, set()),
        ({"q": "östlund"}, {"ostlund"}),
        ({"q": "ÖSTLUND"}, {"ostlund"}),
        ({"q": "o'dowd"}, {"odowd"}),
        ({"q": "%%%"}, set()),
        ({"q": "___"}, set()),
        ({"q": "\\\\\\"}, set()),
        ({"q": "ab-12"}, {"quill"}),
        ({"q": "B-12"}, set()),
        ({"q": "77"}, {"ostlund"}),
        ({"q": "acc-9"}, {"odowd"}),
        ({"q": "ferry"}, set()),
        ({"modality": "MR"}, {"ostlund", "odowd"}),
        ({"modality": "MR", "q": "dowd"}, {"odowd"}),
        ({"study_from": "2026-03-01"}, {"quill", "odowd"}),
        ({"study_to": "2026-03-01"}, {"ostlund", "odowd"}),
        ({"study_from": "2026-03-01", "study_to": "2026-03-01"}, {"odowd"}),
        ({"arrived": "7"}, {"quill", "ostlund"}),
        ({"arrived": "30", "modality": "MR"}, {"ostlund", "odowd"}),
    ],
)
def test_a_search_finds_what_fits_all_that_was_typed(client, cast, typed, found):
    place = make_location(cast.northgate, "Search room")
    studies = {
        "quill": make_study(place, patient_name="Quill^Hazel", patient_id="ab-1234", study_date="2026-05-01"),
        "ostlund": make_study(
            place,
            patient_name="Östlund^Åsa=東^京",
            patient_id="7712",
            study_date="2025-01-01",
            modalities=["MR", "SR"],
        ),
        "odowd": make_study(
            place,
            patient_name="O'Dowd^Niamh",
            accession_number="ACC-99",
            study_date="2026-03-01",
            modalities=["MR"],
        ),
        "undated": make_study(place, patient_name="Void^Una"),
    }
    by_placement = {str(placement_of(study, place).uuid): name for name, study in studies.items()}
    Placement.objects.filter(worklist=place, name_key__contains="dowd").update(
        arrived_at=Placement.objects.get(study=studies["quill"]).arrived_at - timedelta(days=20)
    )
    Placement.objects.filter(worklist=place, name_key__contains="void").update(
        arrived_at=Placement.objects.get(study=studies["quill"]).arrived_at - timedelta(days=400)
    )
    client.force_login(cast.adam)

    page = search(client, place, **typed)

    assert page.status_code == 200
    assert {by_placement[uuid] for uuid in rows_in(page)} == found
    assert ("No study matches" in page.content.decode()) == (not found)


def test_a_search_tells_the_trail_which_fields_and_how_many_but_not_what_was_typed(client, cast):
    client.force_login(cast.ana)

    search(client, cast.ct, q="Quill Hazel", modality="CT")

    event = AuditEvent.objects.get(action=Action.LIST_SEARCH)
    assert event.detail == {
        "rows": 1,
        "order": "arrived descending",
        "fields": ["text", "modality"],
        "hits": 1,
    }
    assert (event.by_id, event.worklist_id, event.study_id) == (cast.ana.pk, cast.ct.pk, None)
    assert "quill" not in str(AuditEvent.objects.values_list("detail", flat=True)).lower()


def test_a_search_with_more_than_a_thousand_hits_says_so_and_pages_through_a_thousand(client, cast):
    fill(cast.ct, [f"Common^{n:04}" for n in range(1010)])
    client.force_login(cast.ana)

    page = search(client, cast.ct, q="common")
    assert "More than 1000 studies match" in page.content.decode()

    walked = rows_in(page)
    while older := link(page, "next"):
        page = client.get(older)
        walked += rows_in(page)
    assert len(walked) == len(set(walked)) == 1001


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"q": "a\x00b"}, "Null characters are not allowed"),
        ({"q": "x" * 101}, "at most 100 characters"),
        ({"study_from": "24/13/2026"}, "Enter a date such as 2026-11-24."),
        (
            {"study_from": "2026-02-02", "study_to": "2026-02-01"},
            "“Study date to” must not be before",
        ),
        ({"modality": "XX"}, "Select a valid choice"),
        ({"arrived": "-1"}, "Select a valid choice"),
        ({}, "Enter something to search for."),
    ],
)
def test_a_search_that_cannot_be_done_comes_back_with_its_sentence_and_all_that_was_typed(
    client, cast, typed, sentence
):
    client.force_login(cast.ana)

    page = search(client, cast.ct, **{"q": "quill", **typed} if "q" not in typed and typed else typed)

    shown = unescape(page.content.decode())
    assert page.status_code == 422
    # What else can be done on the worklist stays.
    assert reverse("studies:upload", args=[cast.ct.uuid]) in page.content.decode()
    assert sentence in shown
    assert (typed.get("q") or "quill").replace("\x00", "\x00") in shown or not typed
    assert rows_in(page) == []
    assert not AuditEvent.objects.filter(action=Action.LIST_SEARCH).exists()


def test_somebody_elses_search_is_not_kept_for_me(client, cast):
    client.force_login(cast.vera)
    client.post(reverse("studies:search", args=[cast.ct.uuid]), {"q": "quill"})
    word = next(iter(client.session["studies.searches"]))

    client.force_login(cast.ana)
    page = client.get(list_of(cast.ct), {"search": word})

    assert page.status_code == 422
    assert NOT_KEPT in page.content.decode()


def test_a_search_of_one_worklist_finds_nothing_of_another(client, cast):
    client.force_login(cast.adam)
    client.post(reverse("studies:search", args=[cast.ct.uuid]), {"q": "quill"})
    word = next(iter(client.session["studies.searches"]))

    assert client.get(list_of(cast.ct), {"search": word}).status_code == 200
    assert client.get(list_of(cast.chest), {"search": word}).status_code == 422


def test_a_session_keeps_the_last_twenty_searches(client, cast):
    client.force_login(cast.ana)
    for number in range(25):
        client.post(reverse("studies:search", args=[cast.ct.uuid]), {"q": f"name{number}"})

    kept = client.session["studies.searches"]

    assert [one["q"] for one in kept.values()] == [f"name{number}" for number in range(5, 25)]


def test_htmx_gets_the_list_alone_and_the_address_to_come_back_to(client, cast):
    client.force_login(cast.ana)
    htmx = {"HX-Request": "true"}

    found = client.post(
        reverse("studies:search", args=[cast.ct.uuid]), {"q": "quill"}, headers=htmx, follow=True
    )
    wrong = client.post(reverse("studies:search", args=[cast.ct.uuid]), {"q": "x" * 101}, headers=htmx)

    assert found.redirect_chain[0][0].startswith(f"{list_of(cast.ct)}?search=")
    assert wrong["HX-Push-Url"] == "false"
    assert "<html" not in wrong.content.decode()
    assert "no-store" in client.get(list_of(cast.ct))["Cache-Control"]
