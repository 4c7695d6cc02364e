"""Two studies of one day."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from studies.ingest.sources import from_path
from studies.services import take_in_all
from tests.bad_files import dicom_storage
from tests.cast import IMPORTER, Cast

__all__ = ["dicom_storage"]
pytestmark = pytest.mark.django_db
HERE = Path(__file__).parent


def test_of_one_day_the_later_study_is_the_newer(client: Any, cast: Cast, dicom_storage: Any) -> None:
    for name in ("evening.dcm", "morning.dcm"):
        take_in_all(worklist=cast.ct, by=IMPORTER, sources=[from_path(HERE / name)])
    client.force_login(cast.ana)

    answer = client.get(reverse("studies:worklist", args=[cast.ct.uuid]), {"sort": "date", "way": "down"})

    page = answer.content.decode()
    assert page.index("control evening") < page.index("first morning")
    assert ", 20:00" in page
    assert ", 08:00" in page
