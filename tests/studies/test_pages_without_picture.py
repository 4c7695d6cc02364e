"""Where there is no picture: what the object is, why there is none, and the file itself."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pydicom.uid import (
    BasicTextSRStorage,
    CTImageStorage,
    EncapsulatedPDFStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    RawDataStorage,
    TwelveLeadECGWaveformStorage,
)

from audit.actions import Action
from audit.models import AuditEvent
from studies.ingest.refusals import NO_PIXELS
from studies.models import Blob, Instance
from studies.object_kinds import OTHER, is_image_class, kind_of
from studies.renderer import NO_SIGN, OVERLAYS_LEFT_OUT, UNCALIBRATED
from studies.services import take_in_all
from tests import bad_files
from tests.bad_files import dicom, dicom_storage, source
from tests.cast import IMPORTER, Cast
from tests.factories import make_series
from tests.studies.pages import body, page_of, prepared, words

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db

PRIVATE = "2.25.5123"
KINDS = {
    RawDataStorage: "Raw data",
    KeyObjectSelectionDocumentStorage: "Key object selection",
    GrayscaleSoftcopyPresentationStateStorage: "Presentation state",
    BasicTextSRStorage: "Structured report",
    EncapsulatedPDFStorage: "PDF document",
    TwelveLeadECGWaveformStorage: "Waveform",
    PRIVATE: OTHER,
}


@pytest.mark.parametrize("sop_class", KINDS)
@pytest.mark.parametrize("has_size", [True, False])
def test_an_object_that_is_no_image_is_taken_in_and_named(
    client: Client, cast: Cast, dicom_storage: Any, sop_class: str, has_size: bool
) -> None:
    size = {} if has_size else {"Rows": None, "Columns": None, "BitsAllocated": None}
    data = bad_files.as_bytes(dicom(SOPClassUID=sop_class, PixelData=None, **size))
    result = take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(data)])

    assert result.n_new == 1, [file.sentence for file in result.left_out]
    instance = Instance.objects.get(sop_class_uid=sop_class)
    assert (instance.frames, instance.blob.preview) == (0, Blob.Preview.NONE)
    client.force_login(cast.ana)
    page = client.get(page_of(instance.study.placements.get()))
    assert f"{KINDS[sop_class]} This file contains no image." in words(page)
    assert words(page).count(KINDS[sop_class]) == 2  # beside its series, too


@pytest.mark.parametrize("sop_class", [CTImageStorage, ""])
def test_an_image_without_pixels_is_refused(cast: Cast, dicom_storage: Any, sop_class: str) -> None:
    data = bad_files.as_bytes(dicom(SOPClassUID=sop_class, PixelData=None))

    result = take_in_all(worklist=cast.ct, by=IMPORTER, sources=[source(data)])

    assert [file.sentence for file in result.left_out] == [NO_PIXELS]


def test_image_classes_are_told_by_their_names() -> None:
    assert is_image_class("1.2.840.10008.5.1.4.1.1.1.2")  # mammography, for presentation
    assert is_image_class("1.2.840.10008.5.1.4.1.1.66.4")  # segmentation
    assert not is_image_class(RawDataStorage)
    assert not is_image_class(PRIVATE)
    assert kind_of(PRIVATE) == OTHER


def test_a_picture_that_is_not_shown_offers_the_file_to_who_may_download(
    client: Client, cast: Cast, dicom_storage: Any
) -> None:
    instance = prepared(make_series(cast.study), state=Blob.Preview.FAILED)
    Blob.objects.filter(pk=instance.blob_id).update(preview_note=NO_SIGN)
    storages["dicom"].save(instance.blob.key, ContentFile(b"as received"))
    original = reverse("studies:original", args=[cast.placement.uuid, instance.uuid])

    client.force_login(cast.ana)
    page, file = client.get(page_of(cast.placement)), client.get(original)
    client.force_login(cast.vera)
    without, refused = client.get(page_of(cast.placement)), client.get(original)

    assert NO_SIGN in words(page)
    assert f'href="{original}"' in page.content.decode()
    assert body(file) == b"as received"
    assert file["Content-Disposition"] == 'attachment; filename="image.dcm"'
    assert file["Content-Type"] == "application/dicom"
    assert original not in without.content.decode()
    assert refused.status_code == 403
    assert AuditEvent.objects.filter(action=Action.IMAGES_SERVED, by_id=cast.ana.pk).count() == 1


def test_each_note_stands_beside_the_picture(client: Client, cast: Cast) -> None:
    instance = prepared(make_series(cast.study))
    Blob.objects.filter(pk=instance.blob_id).update(preview_note=f"{OVERLAYS_LEFT_OUT}\n{UNCALIBRATED}")
    client.force_login(cast.ana)

    page = client.get(page_of(cast.placement))

    assert OVERLAYS_LEFT_OUT in words(page)
    assert UNCALIBRATED in words(page)
    assert "<img" in page.content.decode()


def test_the_table_of_pydicoms_files_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    """`manage.py picture_table > docs/pictures.md` mends it."""
    call_command("picture_table")

    kept = Path(__file__).parents[2] / "docs" / "pictures.md"
    assert capsys.readouterr().out == kept.read_text()
