"""Invisible signs in a pasted email."""

from pathlib import Path

import pytest
from django.urls import reverse

from accounts.models import Invitation
from sharing.models import Share

pytestmark = pytest.mark.django_db
EMAILS = (Path(__file__).parent / "addresses.txt").read_text().splitlines()


@pytest.mark.parametrize("pattern", EMAILS, ids=range(len(EMAILS)))
def test_a_hidden_sign_makes_no_other_person_of_a_colleague(client, cast, pattern):
    client.force_login(cast.ana)

    client.post(
        reverse("sharing:share_studies"),
        {"placement": str(cast.placement.uuid), "email": pattern.format(ben=cast.ben.email)},
    )

    assert not Invitation.objects.exists(), "an invitation waits for an email that nobody can type"
    assert Share.objects.get().to_worklist == cast.ben.personal_worklist
