"""Raw data that names a matrix size."""

from pathlib import Path
from typing import Any

import pytest

from studies.ingest.results import IngestResult
from studies.ingest.sources import from_path
from studies.services import take_in_all
from tests.bad_files import dicom_storage
from tests.cast import IMPORTER, Cast

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db
HERE = Path(__file__).parent


def bring(cast: Cast, name: str) -> IngestResult:
    return take_in_all(worklist=cast.ct, by=IMPORTER, sources=[from_path(HERE / name)])


def test_raw_data_with_rows_and_columns_is_taken_in(cast: Cast, dicom_storage: Any) -> None:
    result = bring(cast, "rawdata.dcm")

    assert result.n_new == 1, [file.sentence for file in result.left_out]


def test_an_image_without_pixels_stays_refused(cast: Cast, dicom_storage: Any) -> None:
    assert bring(cast, "image.dcm").n_new == 0
