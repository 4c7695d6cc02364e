"""Latin 9."""

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


def test_latin_9_is_read(cast: Cast, dicom_storage: Any) -> None:
    take_in_all(worklist=cast.ct, by=IMPORTER, sources=[from_path(HERE / "latin9.dcm")])

    assert Study.objects.latest("pk").patient_name == "Œuvrard^Žofie"
