"""What a page says of a change is true of that change."""

import pytest
from django.urls import reverse

from tests.sharing.share_pages import text

pytestmark = pytest.mark.django_db


def test_a_study_that_was_never_shared_is_deleted_without_a_word_of_shares(client, cast):
    client.force_login(cast.ana)

    page = client.post(
        reverse("sharing:delete_study"),
        {"placement": str(cast.placement.uuid), "why": "Wrong patient"},
        follow=True,
    )

    said = text(page)
    assert "The study was deleted." in said
    assert "ended" not in said
