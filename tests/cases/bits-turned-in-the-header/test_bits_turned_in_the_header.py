"""Files with a few turned bits in the header."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from studies.corrected import Change, corrected_beginning
from studies.ingest.refusals import BAD_CHARACTER_SET
from studies.ingest.results import IngestResult
from studies.ingest.sources import from_path
from studies.models import Blob
from studies.services import render_previews, take_in_all
from tests.bad_files import dicom_storage
from tests.cast import IMPORTER, Cast

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db
HERE = Path(__file__).parent
CHANGE = Change(datetime(2026, 11, 30, tzinfo=UTC), {"patient_name": "Rowan^Jane"})


def bring(cast: Cast, name: str) -> IngestResult:
    return take_in_all(worklist=cast.ct, by=IMPORTER, sources=[from_path(HERE / name)])


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("damaged_vr.dcm", "unknown_vr"),
        ("syntax_as_text.dcm", "meta_vr"),
        ("overlong_item.dcm", "item_length"),
        ("untyped_element.dcm", "other_encoding"),
    ],
)
def test_what_loses_nothing_is_taken_in_with_its_note_and_has_its_picture(
    cast: Cast, dicom_storage: Any, name: str, note: str
) -> None:
    result = bring(cast, name)
    render_previews(blob_ids=result.blob_ids)

    assert result.n_new == 1, [file.sentence for file in result.left_out]
    assert note in result.files[0].deviations
    assert Blob.objects.get(pk__in=result.blob_ids).preview == Blob.Preview.READY


def test_what_pydicom_cannot_open_is_refused_with_the_reason(cast: Cast, dicom_storage: Any) -> None:
    [refused] = bring(cast, "character_set_as_numbers.dcm").left_out

    assert refused.sentence == BAD_CHARACTER_SET


def test_a_correction_stays_readable() -> None:
    data = (HERE / "untyped_element.dcm").read_bytes()
    beginning = corrected_beginning(io.BytesIO(data), [CHANGE])
    rest = b"" if beginning.rest_at is None else data[beginning.rest_at :]

    again = dcmread(io.BytesIO(beginning.data + rest))

    assert str(again.PatientName) == "Rowan^Jane"
    assert again.PixelData == dcmread(io.BytesIO(data)).PixelData
