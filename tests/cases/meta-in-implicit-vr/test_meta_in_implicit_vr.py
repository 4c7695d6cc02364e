"""File meta group in implicit VR."""

from pathlib import Path
from typing import Any

import pytest

from studies.ingest.results import IngestResult
from studies.ingest.sources import from_path
from studies.models import Study
from studies.services import take_in_all
from tests.bad_files import dicom_storage
from tests.cast import IMPORTER, Cast

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db
HERE = Path(__file__).parent


def bring(cast: Cast, name: str) -> IngestResult:
    return take_in_all(worklist=cast.ct, by=IMPORTER, sources=[from_path(HERE / name)])


def test_a_meta_group_without_value_representations_is_read(cast: Cast, dicom_storage: Any) -> None:
    result = bring(cast, "meta.dcm")
    assert result.n_new == 1, [file.sentence for file in result.left_out]
    assert Study.objects.latest("pk").patient_name == "ROWAN^IMPLICIT"
