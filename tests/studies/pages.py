"""The pages and pictures of a study as their tests make, ask for and read them."""

import re

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.urls import reverse

from studies.models import Blob
from tests.factories import join, make_instance, make_role, make_series, make_user

PNG = b"\x89PNG\r\n\x1a\n and some pixels"


def page_of(placement, name="study"):
    return reverse(f"studies:{name}", args=[placement.uuid])


def frame_of(placement, instance, number=1):
    return reverse("studies:frame", args=[placement.uuid, instance.uuid, number])


def prepared(series, *, frames=1, state=Blob.Preview.READY, **fields):
    """An instance whose pictures stand in the storage."""
    instance = make_instance(series, frames=frames, **fields)
    blob = instance.blob
    Blob.objects.filter(pk=blob.pk).update(preview=state)
    for frame in range(1, frames + 1):
        storages["dicom"].save(blob.preview_key(frame), ContentFile(PNG + b"%d" % frame))
        storages["dicom"].save(blob.preview_key(frame, thumbnail=True), ContentFile(PNG))
    return instance


@pytest.fixture
def instance(cast):
    return prepared(make_series(cast.study), frames=3)


@pytest.fixture
def lister(cast):
    """Sees the list and opens no images."""
    user = make_user("Lister")
    join(user, cast.northgate, make_role(cast.northgate, "List only", ["list_studies"]), [cast.ct])
    return user


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def words(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def statements(queries):
    return [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]


def hook(response, name):
    """What the page hands to its script under the name."""
    return re.search(rf'data-{name}="([^"]*)"', response.content.decode())[1]
