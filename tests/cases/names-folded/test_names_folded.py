"""Accents, forms and apostrophes."""

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from tests.cast import Cast
from tests.factories import make_study

pytestmark = pytest.mark.django_db
HERE = Path(__file__).parent
CASES = [line.split("\t") for line in (HERE / "searches.tsv").read_text().splitlines()]


@pytest.mark.parametrize(("name", "typed"), CASES)
def test_the_patient_is_found(client: Any, cast: Cast, name: str, typed: str) -> None:
    make_study(cast.ct, patient_name=name, patient_id="FIND-ME-1")
    client.force_login(cast.ana)

    page = client.post(reverse("studies:search", args=[cast.ct.uuid]), {"q": typed}, follow=True)

    assert page.status_code == 200
    assert "FIND-ME-1" in page.content.decode()
