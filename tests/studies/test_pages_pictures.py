"""The pictures of a study: who is sent them, what each costs, and the event of the first."""

import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Method
from sharing.services import end_shares, share_studies
from sharing.targets import Target
from studies.models import ImagesServed
from tests.cast import acting
from tests.factories import make_instance, make_series, placement_of
from tests.studies.pages import PNG, body, frame_of, instance, lister, prepared, statements, words

__all__ = ["instance", "lister"]

pytestmark = pytest.mark.django_db


def test_a_picture_is_sent_as_it_is_stored_and_must_be_asked_for_each_time(client, cast, instance):
    client.force_login(cast.vera)

    response = client.get(frame_of(cast.placement, instance, 2))
    small = client.get(reverse("studies:thumbnail", args=[cast.placement.uuid, instance.uuid]))

    assert body(response) == PNG + b"2"
    assert response["Content-Type"] == "image/png"
    assert response["Cache-Control"] == "private, no-cache"
    assert instance.blob.sha256 not in response["ETag"]
    assert body(small) == PNG
    assert response["ETag"] != small["ETag"]


def test_an_unchanged_picture_is_not_sent_again_and_after_the_share_ends_not_at_all(client, cast, instance):
    report = share_studies(
        placements=[cast.placement.uuid], targets=[Target(Method.CODE, "RIVERSIDE")], by=acting(cast.ana)
    )
    client.force_login(cast.caro)
    url = frame_of(placement_of(cast.study, cast.imaging), instance)
    etag = client.get(url)["ETag"]

    again = client.get(url, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert (again["ETag"], again["Cache-Control"]) == (etag, "private, no-cache")
    end_shares(shares=[report.rows[0].share.uuid], by=acting(cast.ana))

    assert client.get(url, headers={"If-None-Match": etag}).status_code == 404


def test_a_share_that_expired_shows_no_picture_though_nobody_swept(client, cast, instance, clock):
    share_studies(
        placements=[cast.placement.uuid],
        targets=[Target(Method.CODE, "RIVERSIDE")],
        by=acting(cast.ana),
        expires_at=clock.now() + timedelta(minutes=5),
    )
    client.force_login(cast.caro)
    url = frame_of(placement_of(cast.study, cast.imaging), instance)
    assert client.get(url).status_code == 200

    clock.move(minutes=6)

    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("adam", 200),
        ("vera", 200),
        ("nolan", 404),
        ("ina", 404),
        ("ben", 404),
        ("sue", 404),
        ("caro", 404),
        ("ed", 404),
    ],
)
def test_pictures_are_there_for_those_who_may_open_images(client, cast, instance, person, status):
    client.force_login(getattr(cast, person))

    assert client.get(frame_of(cast.placement, instance)).status_code == status


def test_who_sees_the_study_but_may_not_open_images_is_told_so_and_that_is_one_line(
    client, cast, instance, lister
):
    client.force_login(lister)
    before = AuditEvent.objects.count()

    response = client.get(frame_of(cast.placement, instance))

    assert response.status_code == 403
    assert "does not let you open images" in words(response)
    assert AuditEvent.objects.count() == before + 1
    assert not ImagesServed.objects.exists()


def test_what_is_not_there_is_one_and_the_same_answer(client, cast, instance):
    waiting = make_instance(instance.series)
    foreign = prepared(make_series(cast.other_study))
    client.force_login(cast.ana)
    nowhere = client.get(reverse("studies:frame", args=[uuid4(), uuid4(), 1]))
    addresses = [
        frame_of(cast.placement, waiting),
        frame_of(cast.placement, foreign),
        frame_of(cast.other_placement, foreign),
        frame_of(cast.placement, instance, 0),
        frame_of(cast.placement, instance, 4),
        frame_of(cast.placement, instance, 10**18),
    ]

    answers = [client.get(url) for url in addresses]

    assert [(answer.status_code, answer.content) for answer in answers] == [(404, nowhere.content)] * len(
        addresses
    )
    assert not AuditEvent.objects.filter(action=Action.IMAGES_SERVED).exists()


def test_a_picture_that_the_storage_lost_is_not_there(client, cast, instance):
    storages["dicom"].delete(instance.blob.preview_key(1))
    client.force_login(cast.ana)

    assert client.get(frame_of(cast.placement, instance)).status_code == 404


def test_images_served_are_noted_once_for_a_person_placement_and_session(client, cast, instance):
    client.force_login(cast.vera)
    for number in (1, 2, 3, 1):
        client.get(frame_of(cast.placement, instance, number))
    assert AuditEvent.objects.filter(action=Action.IMAGES_SERVED).count() == 1

    second = Client()
    second.force_login(cast.vera)
    second.get(frame_of(cast.placement, instance))
    client.force_login(cast.ana)
    client.get(frame_of(cast.placement, instance))

    events = AuditEvent.objects.filter(action=Action.IMAGES_SERVED).order_by("id")
    assert [event.by_id for event in events] == [cast.vera.pk, cast.vera.pk, cast.ana.pk]
    assert {event.placement_uuid for event in events} == {cast.placement.uuid}
    assert ImagesServed.objects.count() == 3
    key = second.session.session_key
    assert ImagesServed.objects.filter(session_hash=hashlib.sha256(key.encode()).hexdigest()).count() == 1


def test_the_line_stands_before_the_first_byte_and_without_it_none_is_sent(
    client, cast, instance, monkeypatch
):
    def fails(*args, **kwargs):
        raise OSError("no room")

    client.force_login(cast.vera)
    client.raise_request_exception = False
    monkeypatch.setattr("studies.services.openings.record_all", fails)

    assert client.get(frame_of(cast.placement, instance)).status_code == 500
    assert not ImagesServed.objects.exists()


def test_a_picture_costs_three_statements(client, cast, instance):
    client.force_login(cast.vera)
    client.get(frame_of(cast.placement, instance))

    with CaptureQueriesContext(connection) as queries:
        client.get(frame_of(cast.placement, instance, 2))

    # Session, person, and one for placement, right, instance and what was noted.
    assert len(statements(queries.captured_queries)) == 3


def test_pictures_are_read_only(client, cast, instance):
    client.force_login(cast.ana)

    assert client.post(frame_of(cast.placement, instance)).status_code == 405
    assert client.head(frame_of(cast.placement, instance)).status_code == 200
