"""A study's page: who sees it, what it shows, and what opening it records."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import clock
from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Method
from sharing.services import share_studies
from sharing.targets import Target
from studies.models import Blob
from studies.selectors import FRAMES_SHOWN
from tests.cast import acting
from tests.factories import make_instance, make_series, make_study, placement_of
from tests.studies.pages import frame_of, instance, lister, page_of, prepared, statements, words

__all__ = ["instance", "lister"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["study", "details", "preparing"])
@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("adam", 200),
        ("ana", 200),
        ("lois", 200),
        ("vera", 200),
        ("nolan", 404),
        ("ina", 404),
        ("ben", 404),
        ("sue", 404),
        ("rita", 404),
        ("caro", 404),
        ("ed", 404),
    ],
)
def test_a_study_is_there_for_those_who_see_its_list(client, cast, person, status, name):
    client.force_login(getattr(cast, person))

    assert client.get(page_of(cast.placement, name)).status_code == status


@pytest.mark.parametrize("name", ["study", "details", "preparing"])
def test_a_hidden_study_and_one_that_does_not_exist_are_the_same_bytes_and_leave_no_line(client, cast, name):
    client.force_login(cast.caro)
    before = AuditEvent.objects.count()

    hidden = client.get(page_of(cast.placement, name))
    nowhere = client.get(reverse(f"studies:{name}", args=[uuid4()]))

    assert (hidden.status_code, hidden.content) == (404, nowhere.content)
    assert AuditEvent.objects.count() == before


def test_who_is_not_signed_in_is_led_to_sign_in(client, cast, instance):
    for url in (page_of(cast.placement), frame_of(cast.placement, instance)):
        assert client.get(url)["Location"].startswith("/sign-in/")
        assert client.get(url, headers={"HX-Request": "true"}).status_code == 401


@pytest.mark.parametrize(("name", "what"), [("study", "images"), ("details", "details")])
def test_opening_a_study_is_in_its_trail(client, cast, name, what):
    client.force_login(cast.vera)

    client.get(page_of(cast.placement, name))

    event = AuditEvent.objects.get(action=Action.STUDY_OPEN)
    assert (event.by_id, event.placement_uuid, event.in_original) == (cast.vera.pk, cast.placement.uuid, True)
    assert event.detail["page"] == what


def test_when_the_line_cannot_be_written_the_study_does_not_open(client, cast, monkeypatch):
    def fails(*args, **kwargs):
        raise OSError("no room")

    monkeypatch.setattr("studies.services.openings.record_all", fails)
    client.force_login(cast.ana)
    client.raise_request_exception = False

    page = client.get(page_of(cast.placement))

    assert page.status_code == 500
    assert "Quill" not in page.content.decode()


def test_a_study_page_costs_the_same_for_one_image_and_for_many(client, cast):
    client.force_login(cast.ana)
    client.get(page_of(cast.placement))
    counts = []
    for images in (1, 30):
        study = make_study(cast.ct)
        for number in range(1, 4):
            series = make_series(study, number=number)
            for position in range(images):
                make_instance(series, number=position)
        url = page_of(placement_of(study, cast.ct))
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        counts.append(len(statements(queries.captured_queries)))

    assert counts == [7, 7]


# What the page shows


def test_the_page_shows_series_one_image_and_the_ways_to_its_neighbours(client, cast, instance):
    second = prepared(make_series(cast.study, number=2, description="Coronal", modality="MR"))
    client.force_login(cast.ana)

    first = client.get(page_of(cast.placement))
    middle = client.get(page_of(cast.placement), {"series": instance.series.uuid, "image": 2})
    other = client.get(page_of(cast.placement), {"series": second.series.uuid})

    assert frame_of(cast.placement, instance, 1) in first.content.decode()
    assert "Image 1 of 3" in words(first)
    assert frame_of(cast.placement, instance, 2) in middle.content.decode()
    assert re.search(r'rel="prev" href="[^"]+image=1"', middle.content.decode())
    assert re.search(r'rel="next" href="[^"]+image=3"', middle.content.decode())
    assert frame_of(cast.placement, second) in other.content.decode()
    assert "Coronal" in words(first)


def test_images_stand_in_the_order_of_their_numbers(client, cast):
    series = make_series(cast.study)
    late, early = prepared(series, number=9), prepared(series, number=2)
    client.force_login(cast.ana)

    page = client.get(page_of(cast.placement)).content.decode()

    assert f'data-stack="{early.uuid}:1:ready {late.uuid}:1:ready"' in page


@pytest.mark.parametrize(
    "query",
    [
        {"image": "99"},
        {"image": "0"},
        {"image": "-1"},
        {"image": "x"},
        {"image": "9" * 40},
        {"series": "x"},
        {"series": str(uuid4())},
    ],
)
def test_an_image_that_is_not_there_gets_the_first_and_a_sentence(client, cast, instance, query):
    client.force_login(cast.ana)

    page = client.get(page_of(cast.placement), query)

    assert page.status_code == 422
    assert "That image is not in this study" in words(page)
    assert frame_of(cast.placement, instance, 1) in page.content.decode()


def test_what_is_not_prepared_yet_is_said_and_asked_for_again(client, cast):
    series = make_series(cast.study)
    prepared(series, number=2)
    waiting = make_instance(series, number=1)
    client.force_login(cast.ana)

    page = client.get(page_of(cast.placement))
    poll = client.get(page_of(cast.placement, "preparing"))
    Blob.objects.filter(pk=waiting.blob_id).update(preview=Blob.Preview.READY)
    done = client.get(page_of(cast.placement, "preparing"))

    assert "This image is not ready yet." in words(page)
    assert f'hx-get="{page_of(cast.placement, "preparing")}"' in page.content.decode()
    assert "1 of 2" in words(poll)
    assert "HX-Refresh" not in poll
    assert done["HX-Refresh"] == "true"
    assert "hx-get" not in done.content.decode()


def test_what_cannot_be_shown_is_said_with_the_reason(client, cast):
    series = make_series(cast.study)
    broken, report = prepared(series, number=1), prepared(series, number=2, frames=0, state=Blob.Preview.NONE)
    Blob.objects.filter(pk=broken.blob_id).update(
        preview=Blob.Preview.FAILED, preview_note="It is a <b>film</b>."
    )
    client.force_login(cast.ana)

    first = client.get(page_of(cast.placement))
    second = client.get(page_of(cast.placement), {"series": report.series.uuid, "image": 2})

    assert "This image cannot be shown." in words(first)
    assert "It is a &lt;b&gt;film&lt;/b&gt;." in first.content.decode()
    assert "This file contains no image." in words(second)


def test_a_series_counts_as_many_images_as_its_viewer_leafs_through(client, cast):
    series = make_series(cast.study)
    prepared(series, number=1, frames=30)
    prepared(series, number=2, frames=FRAMES_SHOWN + 1)
    prepared(series, number=3, frames=0, state=Blob.Preview.NONE)
    client.force_login(cast.ana)

    page = words(client.get(page_of(cast.placement)))

    assert f"{30 + FRAMES_SHOWN + 1} images" in page
    assert f"of {30 + FRAMES_SHOWN + 1}" in page


def test_a_study_without_images_says_so(client, cast):
    client.force_login(cast.ana)

    assert "This study has no images" in words(client.get(page_of(cast.placement)))


def test_the_web_process_knows_how_many_frames_the_worker_prepares():
    from studies import pixels

    assert pixels.FRAMES_SHOWN == FRAMES_SHOWN


def test_without_the_right_to_open_images_the_page_says_so_and_shows_none(client, cast, instance, lister):
    client.force_login(lister)

    page = client.get(page_of(cast.placement))

    assert page.status_code == 200
    assert "Your role on this worklist does not let you open images." in words(page)
    assert "/instances/" not in page.content.decode()
    assert "Quill, Hazel" in words(client.get(page_of(cast.placement, "details")))


def test_details_tell_how_the_study_came_and_what_was_written_with_it(client, cast):
    share_studies(
        placements=[cast.other_placement.uuid],
        targets=[Target(Method.CODE, "NGCT2026")],
        by=acting(cast.caro),
        note="Look at <b>segment VII</b>\nplease",
    )
    client.force_login(cast.vera)
    there = placement_of(cast.other_study, cast.ct)

    details, images = client.get(page_of(there, "details")), client.get(page_of(there))

    assert cast.other_study.study_instance_uid in words(details)
    assert re.search(r"Caro Riverside Imaging , Riverside Clinic Share Code", words(details))
    assert "Look at &lt;b&gt;segment VII&lt;/b&gt;<br>please" in images.content.decode()
    assert "Note from Caro" in words(images)


@pytest.mark.parametrize(
    ("person", "may", "may_not"),
    [("ana", "Share study via email", "Correct"), ("vera", "Open images", "Share a study")],
)
def test_details_tell_the_reader_what_their_role_lets_them_do(client, cast, person, may, may_not):
    client.force_login(getattr(cast, person))

    page = words(client.get(page_of(cast.placement, "details")))

    own = page.partition("What you can do here")[2].partition("How it got here")[0]
    assert "Your role on CT Reporting is" in own
    assert "Your access here has no end date." in own
    assert may in own
    assert may_not not in own


def test_details_tell_the_reader_until_when_they_see_the_study(client, cast):
    end = clock.now() + timedelta(days=5)
    share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.EMAIL, cast.ed.email)],
        by=acting(cast.ana),
        expires_at=end,
    )
    client.force_login(cast.ed)

    page = words(client.get(page_of(placement_of(cast.study, cast.ed.personal_worklist), "details")))

    own = page.partition("What you can do here")[2].partition("How it got here")[0]
    assert "The study is on your own worklist, in My studies." in own
    assert "You can see the study here until" in own
    assert "no end date" not in own


def test_tabs_are_those_the_role_may_open(client, cast):
    def tabs(person):
        client.force_login(person)
        page = client.get(page_of(cast.placement)).content.decode()
        return re.findall(
            r">([^<]+?)\s*</a></li>", page[page.index('aria-label="This study"') :].split("</nav>")[0]
        )

    assert tabs(cast.ana) == ["Images", "Access", "Guest links", "Audit trail", "Details"]
    assert tabs(cast.vera) == ["Images", "Access", "Details"]


@pytest.mark.parametrize("name", ["studies:trail", "sharing:access"])
def test_the_other_tabs_stand_in_the_same_frame(client, cast, name):
    client.force_login(cast.ana)

    page = client.get(reverse(name, args=[cast.placement.uuid]))

    assert page.status_code == 200
    assert 'aria-label="This study"' in page.content.decode()
    assert "Quill, Hazel" in words(page)


def test_a_study_that_came_by_email_is_called_external(client, cast):
    share_studies(
        placements=[cast.placement.uuid], targets=[Target(Method.EMAIL, cast.ed.email)], by=acting(cast.ana)
    )
    client.force_login(cast.ed)
    there = placement_of(cast.study, cast.ed.personal_worklist)

    page = client.get(page_of(there))

    assert "External" in words(page)
    assert AuditEvent.objects.get(action=Action.STUDY_OPEN).in_original is False


def test_what_dicom_says_is_text(client, cast):
    study = make_study(
        cast.ct,
        patient_name="<script>alert(1)</script>\u202e",
        description="<img src=x>",
        institution="<b>here</b>",
        referring_physician="<i>ref</i>",
    )
    prepared(make_series(study, description='" onload="alert(1)', modality="<X>", body_part="<y>"))
    client.force_login(cast.ana)

    for name in ("study", "details"):
        page = client.get(page_of(placement_of(study, cast.ct), name)).content.decode()
        for markup in ("<script>alert", "<img src=x", "<b>here", "<i>ref", '" onload="', "<X>"):
            assert markup not in page
