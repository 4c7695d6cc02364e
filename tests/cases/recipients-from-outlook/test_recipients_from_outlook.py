"""Recipients as a mail program copies them."""

import re
from pathlib import Path

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
PASTED = [line.split("\t") for line in (Path(__file__).parent / "pasted.tsv").read_text().splitlines()]


@pytest.mark.parametrize(("pasted", "emails"), PASTED)
def test_names_and_brackets_around_an_email_are_understood(client, cast, pasted, emails):
    client.force_login(cast.ana)
    page = client.post(
        reverse("sharing:share_check"),
        {"placement": str(cast.placement.uuid), "new_email": pasted, "step": "emails"},
    ).content.decode()

    assert re.findall(r'name="email" value="([^"]*)"', page) == emails.split()
    assert "Enter an email address" not in page
