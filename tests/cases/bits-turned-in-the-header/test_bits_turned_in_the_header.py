"""Files with a few turned bits in the header."""

import io
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.datadict import keyword_for_tag

from studies.corrected import TAGS, VRS, Change, corrected_beginning
from studies.ingest.refusals import BAD_CHARACTER_SET
from studies.ingest.results import IngestResult
from studies.ingest.sources import from_path
from studies.models import Blob
from studies.services import render_previews, take_in_all
from tests.bad_files import as_bytes, dicom, dicom_storage
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


def corrected(data: bytes, change: Change) -> Dataset:
    beginning = corrected_beginning(io.BytesIO(data), [change])
    rest = b"" if beginning.rest_at is None else data[beginning.rest_at :]
    return dcmread(io.BytesIO(beginning.data + rest))


def test_a_correction_stays_readable() -> None:
    data = (HERE / "untyped_element.dcm").read_bytes()

    again = corrected(data, CHANGE)

    assert str(again.PatientName) == "Rowan^Jane"
    assert again.PixelData == dcmread(io.BytesIO(data)).PixelData


@given(column=st.sampled_from(sorted(TAGS)), size=st.integers(1, 8))
def test_an_attribute_that_was_received_without_a_type_is_corrected_and_its_bytes_kept(
    column: str, size: int
) -> None:
    """One element written as in implicit files, among others that have their types."""
    tag, vr, value = TAGS[column], VRS[column], b"20" * size
    before = dicom(**{keyword_for_tag(tag): value.decode()})
    typed = struct.pack("<HH2sH", tag.group, tag.element, vr.encode(), len(value)) + value
    untyped = struct.pack("<HHI", tag.group, tag.element, len(value)) + value
    data = as_bytes(before).replace(typed, untyped, 1)

    again = corrected(data, Change(CHANGE.at, {column: "1999"}))

    [original] = again.OriginalAttributesSequence
    assert untyped in data
    assert str(again[tag].value) == "1999"
    assert original.ModifiedAttributesSequence[0].get_item(tag).value.rstrip() == value
