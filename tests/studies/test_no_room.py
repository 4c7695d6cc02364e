"""Files that are sent while the server's disk takes no more: a sentence, and nothing half kept."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.models import AuditEvent
from studies.models import Blob, Study, Upload, UploadedFile
from tests.bad_files import as_bytes, dicom
from tests.cast import Cast
from tests.dicomweb.asking import client_of
from tests.dicomweb.storing import store
from tests.factories import waiting_bytes

pytestmark = pytest.mark.django_db

SMALL, LARGE = 200_000, 4_000_000  # kept in memory until it is stored; written to the disk as it arrives


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system itself refuses to write more into a file of this process, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def file_of(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("scan.dcm", as_bytes(dicom()) + b"\0" * size)


@pytest.fixture
def ana(cast: Cast, client: Client) -> Client:
    client.force_login(cast.ana)
    client.get(reverse("studies:upload", args=[cast.ct.uuid]))
    return client


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_an_upload_without_room_is_refused_with_a_sentence(
    ana: Client, cast: Cast, size: int, caplog: Any
) -> None:
    before, events = waiting_bytes(), AuditEvent.objects.count()

    with largest_file(100_000):
        answer = ana.post(reverse("studies:upload_files", args=[cast.ct.uuid]), {"files": [file_of(size)]})

    assert answer.status_code == 507
    assert "The server has no room for these files" in answer.content.decode()
    assert (Upload.objects.count(), AuditEvent.objects.count()) == (0, events)
    assert waiting_bytes() == before
    assert "no room for files" in caplog.text


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_part_without_room_is_sent_again_later(ana: Client, cast: Cast, size: int) -> None:
    begun = ana.post(
        reverse("studies:upload_begin", args=[cast.ct.uuid]), {"n_files": 1, "size": size}
    ).json()
    url = reverse("studies:upload_files", args=[cast.ct.uuid])
    by_script = {"Accept": "application/json"}

    def part() -> dict[str, Any]:
        return {"upload": begun["upload"], "mark_list": json.dumps(["a" * 64]), "folder": [file_of(size)]}

    with largest_file(100_000):
        refused = ana.post(url, part(), headers=by_script)
    kept = UploadedFile.objects.count()
    taken = ana.post(url, part(), headers=by_script)

    assert (refused.status_code, kept) == (507, 0)
    assert "no room" in refused.json()["sentence"]
    assert (taken.status_code, UploadedFile.objects.count()) == (200, 1)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_instances_by_dicomweb_are_sent_again_later(cast: Cast, size: int) -> None:
    body = as_bytes(dicom(StudyInstanceUID="2.25.77")) + b"\0" * size

    with largest_file(100_000):
        answer = store(client_of(cast.ana), cast.ct, body)

    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert not Study.objects.filter(study_instance_uid="2.25.77").exists()
    assert not Blob.objects.exists()
