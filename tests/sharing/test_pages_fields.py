"""The fields of the share dialog: what they take, and where a mistake is said."""

import re

import pytest
from django.urls import reverse

from sharing.models import Share
from tests.factories import join, make_user

pytestmark = pytest.mark.django_db


def text(response):
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("typed", ["Dr Osei", "prof. osei", "DR. PROF OSEI", "Osei", "mrs ama osei"])
def test_a_title_before_the_name_is_no_part_of_it(client, cast, typed):
    url = reverse("sharing:physicians")
    join(make_user("Ama Osei"), cast.northgate, "Radiologist", [cast.emergency])
    client.force_login(cast.ana)
    assert "Ama Osei" in text(client.get(url, {"worklist": str(cast.ct.uuid), "find": typed}))


def test_a_past_end_date_is_refused_at_its_field(client, cast):
    client.force_login(cast.ana)
    data = {
        "placement": str(cast.placement.uuid),
        "location": str(cast.emergency.uuid),
        "until": "2020-01-01",
    }
    answer = client.post(reverse("sharing:share_studies"), data)
    page = text(answer)
    assert answer.status_code == 422
    field = re.search(r"<input[^>]*name=\"until\"[^>]*>", page)[0]
    assert 'aria-invalid="true"' in field
    assert 'id="id_until_error"' in page
    assert not Share.objects.exists()
