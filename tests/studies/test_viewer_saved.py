"""Saving or printing an image is in the trail before the image is given; what is no image of the study is not."""

from uuid import UUID

import pytest
from django.test import Client

from audit.actions import Action
from audit.history import sentence
from audit.models import AuditEvent
from tests.factories import make_series, make_study
from tests.studies.pages import instance, lister, page_of, prepared

__all__ = ["instance", "lister"]

NO_ONES = UUID(int=4)
pytestmark = pytest.mark.django_db


def given(client, placement, of, **more):
    filled = {"what": "save", "series": of.series.uuid, "instance": of.uuid, "frame": 1}
    return client.post(page_of(placement, "viewer_saved"), filled | more)


@pytest.mark.parametrize(
    ("what", "action", "words"),
    [
        ("save", Action.IMAGE_SAVE, "saved an image of the study as a picture"),
        ("print", Action.IMAGE_PRINT, "printed an image of the study"),
    ],
)
def test_it_is_in_the_trail_with_the_image(client, cast, instance, what, action, words):
    client.force_login(cast.vera)

    assert given(client, cast.placement, instance, what=what, frame=2).status_code == 204

    event = AuditEvent.objects.get(action=action)
    assert event.placement_uuid == cast.placement.uuid
    assert (event.detail["instance"], event.detail["frame"]) == (str(instance.uuid), 2)
    assert words in sentence(event)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"what": "mail"}, 422),
        ({"frame": 0}, 422),
        ({"frame": 4}, 404),
        ({"instance": NO_ONES}, 404),
        ({"series": NO_ONES}, 404),
        ({"series": "x"}, 422),
    ],
    ids=str,
)
def test_what_is_no_image_of_the_study_leaves_nothing(client, cast, instance, more, status):
    client.force_login(cast.ana)
    before = AuditEvent.objects.count()

    assert given(client, cast.placement, instance, **more).status_code == status
    assert AuditEvent.objects.count() == before


def test_an_image_of_another_study_is_none_of_this(client, cast, instance):
    other = prepared(make_series(make_study(cast.emergency)))
    client.force_login(cast.ana)

    assert given(client, cast.placement, other).status_code == 404


def test_who_may_not_open_images_takes_none(client, cast, instance, lister):
    client.force_login(lister)

    assert given(client, cast.placement, instance).status_code == 403
    assert not AuditEvent.objects.filter(action=Action.IMAGE_SAVE).exists()


def test_it_needs_the_token_of_a_page(cast, instance):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ana)

    assert given(client, cast.placement, instance).status_code == 403
    assert not AuditEvent.objects.filter(action=Action.IMAGE_SAVE).exists()
