"""The standard's own Chinese example."""

from pathlib import Path
from typing import Any

import pytest

from studies.ingest.sources import from_path
from studies.models import Study
from studies.services import take_in_all
from tests.bad_files import dicom_storage
from tests.cast import IMPORTER, Cast

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db
HERE = Path(__file__).parent


def test_escape_sequences_are_read_and_not_shown(cast: Cast, dicom_storage: Any) -> None:
    take_in_all(worklist=cast.ct, by=IMPORTER, sources=[from_path(HERE / "ir58.dcm")])

    study = Study.objects.latest("pk")
    assert study.patient_name.rstrip("=") == "Zhang^XiaoDong=张^小东"
    assert study.description == "CT 头部"
