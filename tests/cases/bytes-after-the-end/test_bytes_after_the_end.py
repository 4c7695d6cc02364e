"""Bytes behind the end."""

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


@pytest.mark.parametrize("name", ["linefeed.dcm", "stray.dcm"])
def test_a_whole_file_with_something_behind_it_is_taken_in(cast: Cast, dicom_storage: Any, name: str) -> None:
    result = bring(cast, name)
    assert result.n_new == 1, [file.sentence for file in result.left_out]


def test_a_file_that_is_cut_off_stays_refused(cast: Cast, dicom_storage: Any) -> None:
    assert bring(cast, "really_cut.dcm").n_new == 0
