"""The Audit trail tab of a study, as its tests fill, ask for and read it."""

import csv
import io
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from audit.actions import Action
from audit.services import event, record_all
from tests.cast import acting
from tests.trails import on, with_names


@pytest.fixture
def ana(cast, client):
    client.force_login(cast.ana)
    return cast.ana


def address(placement, **filters):
    return reverse("studies:trail", args=[placement.uuid]) + (f"?{urlencode(filters)}" if filters else "")


def opened(cast, number):
    """That many events of the study being opened at home, numbered in their detail."""
    where = on(with_names(cast.placement))
    lines = [event(Action.STUDY_OPEN, by=acting(cast.ana), on=where) for _ in range(number)]
    for count, line in enumerate(lines):
        line.detail = {"count": count}
    record_all(lines)


def page(client, *args, **kwargs):
    response = client.get(address(*args, **kwargs))
    assert response.status_code == 200
    return response


def sentences(response):
    return [line.sentence for line in response.context["trail"].events]


def clicks(cast, number):
    """That many events within seconds for each of three actions: the study, its images and its access are viewed."""
    where = on(with_names(cast.placement))
    actions = [Action.STUDY_OPEN, Action.IMAGES_SERVED, Action.ACCESS_READ]
    record_all(event(action, by=acting(cast.ana), on=where) for _ in range(number) for action in actions)


def numbers(response):
    return [line.event.detail["count"] for line in response.context["trail"].events]


def export_rows(client, placement):
    answer = client.get(reverse("studies:trail_csv", args=[placement.uuid]))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return csv.DictReader(io.StringIO(text, newline=""))
