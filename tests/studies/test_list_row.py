"""A row of the studies list, and the empty search form that every reader of the list shares."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse

from sharing.selectors.incoming import FirstShare
from studies.models import FOREVER, NO_PATH
from studies.views import list_page
from studies.views.list_row import StudyRow
from tests.markup import HOSTILE, Structure

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
HERE = SimpleNamespace(account_id=1)
TEXTS = (
    "patient_name",
    "patient_id",
    "patient_sex",
    "description",
    "accession_number",
    "study_date_raw",
    "study_time_raw",
)


def row(text: str, *, share: FirstShare | None = None, select: bool = True, **placed: Any) -> StudyRow:
    study = SimpleNamespace(**dict.fromkeys(TEXTS, text), modalities=[text], n_instances=342)
    study.patient_birth_date, study.patient_birth_date_raw, study.study_date = None, text, date(2026, 11, 3)
    place = {
        "is_home": False,
        "internal_until": FOREVER,
        "visible_until": FOREVER,
        "arrived_at": NOW,
        "differs": [],
        "own_mrn": text,
        **placed,
    }
    placement = SimpleNamespace(uuid=UUID(int=7), study=study, **place)
    return StudyRow(
        HERE, placement, share, NOW, "/x/", "/x/viewer/", can_be_selected=select, is_selected=False
    )  # type: ignore[arg-type]


def by(text: str, *, account: int | None = 1, kind: str = "location") -> FirstShare:
    return FirstShare(1, text, account, text if account else None, text, kind)


def source(shown: StudyRow) -> str:
    """The last cell, as it is read."""
    last_cell = shown.html().rpartition("<td")[2]
    return " ".join(re.sub(r"<[^>]+>", "", last_cell.partition(">")[2]).split())


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("account", [1, 2])
def test_no_text_of_a_study_or_a_share_is_markup(hostile: str, account: int) -> None:
    expected = Structure(row("harmless", share=by("harmless", account=account)).html())
    shown = Structure(row(hostile, share=by(hostile, account=account)).html())

    assert shown.tags == expected.tags
    # In the description, the accession number and the modality; who shared it and where; the name is taken apart.
    assert sum(hostile in text for text in shown.texts) >= 5


def test_a_row_without_facts_says_so() -> None:
    shown = row("", is_home=True)
    shown.placement.study.modalities = []

    text = re.sub(r"<[^>]+>", "", shown.html())
    assert "Name not recorded" in text and "No description" in text
    assert text.count("not recorded") == 4  # and in the label of the box
    assert "None" not in text


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (row("x", is_home=True), "Original"),
        (row("x"), "Shared"),
        (row("x", internal_until=NO_PATH, share=by("Ana")), "External by Ana, from Ana"),
        (row("x", share=by("Ana", account=2)), "Shared by Ana, Ana"),
        (
            row("x", share=by("Ana", account=None, kind="personal")),
            "Shared by Ana, from their personal worklist",
        ),
        (
            row("x", visible_until=NOW + timedelta(days=3), share=by("Ana")),
            "Shared until 27 Nov 2026 by Ana, from Ana",
        ),
    ],
)
def test_how_a_study_is_here(shown: StudyRow, words: str) -> None:
    assert source(shown) == words


def test_a_row_has_a_box_only_where_something_can_be_done() -> None:
    assert "checkbox" in row("x").html()
    assert "checkbox" not in row("x", select=False).html()


def test_the_number_of_images_is_the_way_to_the_viewer_where_images_may_be_opened() -> None:
    assert '<a class="open-viewer" href="/x/viewer/">' in row("x").html()
    assert "open-viewer" not in replace(row("x"), viewer="").html()
    assert "342 images" in replace(row("x"), viewer="").html()


@pytest.mark.django_db
def test_the_empty_search_form_is_nobodys(client, cast) -> None:
    """It is made once for all who read the list: what somebody typed is theirs, and each page has its own token."""
    url = reverse("studies:worklist", args=[cast.ct.uuid])
    client.force_login(cast.ana)
    found = client.post(reverse("studies:search", args=[cast.ct.uuid]), {"q": "quill"}).headers["Location"]

    assert 'value="quill"' in client.get(found).content.decode()
    anas = client.get(url).content.decode()
    client.force_login(cast.vera)
    veras = client.get(url).content.decode()

    shared = list_page.empty_fields()
    assert shared is list_page.empty_fields()
    assert shared in anas and shared in veras
    assert "quill" not in veras and "csrf" not in shared and cast.ana.email not in shared


@pytest.mark.django_db
def test_a_search_that_was_wrong_comes_back_as_it_was_typed(client, cast) -> None:
    client.force_login(cast.ana)
    client.get(reverse("studies:worklist", args=[cast.ct.uuid]))
    page = client.post(
        reverse("studies:search", args=[cast.ct.uuid]), {"q": "qu", "study_from": "x"}
    ).content.decode()
    assert 'value="qu"' in page and "is-invalid" in page
