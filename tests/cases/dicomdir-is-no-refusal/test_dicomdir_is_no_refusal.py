"""A disc with its DICOMDIR."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from audit.actions import Action
from audit.models import AuditEvent
from studies.models import Upload
from studies.services import ingest_waiting
from tests.bad_files import dicom_storage
from tests.cast import Cast

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db
HERE = Path(__file__).parent


def test_a_disc_whose_images_all_arrived_has_no_refusals(
    client: Client, cast: Cast, dicom_storage: Any
) -> None:
    client.force_login(cast.adam)
    files = [SimpleUploadedFile(name, (HERE / name).read_bytes()) for name in ("DICOMDIR", "IM0001")]
    client.post(reverse("studies:upload_files", args=[cast.ct.uuid]), {"files": files})
    ingest_waiting()
    upload = Upload.objects.get()
    assert upload.n_new == 1
    assert not AuditEvent.objects.filter(action=Action.UPLOAD_REFUSED).exists()
    page = client.get(reverse("studies:upload_progress", args=[upload.uuid])).content.decode()
    assert "Files that were refused" not in page
