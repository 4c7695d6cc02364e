"""An internationalised domain in two spellings."""

from pathlib import Path

import pytest
from django.urls import reverse

from accounts.models import Invitation

pytestmark = pytest.mark.django_db


def test_a_domain_in_its_two_spellings_is_one_recipient(client, cast):
    client.force_login(cast.ana)
    spellings = (Path(__file__).parent / "addresses.txt").read_text().split()

    for spelling in spellings:
        client.post(
            reverse("sharing:share_studies"), {"placement": str(cast.placement.uuid), "email": spelling}
        )

    assert len(spellings) == 2
    assert Invitation.objects.count() == 1
