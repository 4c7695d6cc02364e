"""A structured report with a delimiter too many."""

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


def test_a_delimiter_behind_the_last_element_does_no_harm(cast: Cast, dicom_storage: Any) -> None:
    result = bring(cast, "report.dcm")
    assert result.n_new == 1, [file.sentence for file in result.left_out]
