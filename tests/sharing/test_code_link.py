"""A share code that was scanned waits in the next share dialog, and nothing is shared by it."""

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from sharing.models import Share
from tests.sharing.dialog_pages import HTMX, text

pytestmark = pytest.mark.django_db


def url(code):
    return reverse("sharing:with_code", args=[code])


def dialog(client, cast):
    return text(client.get(reverse("sharing:share"), {"placement": str(cast.placement.uuid)}, headers=HTMX))


def test_a_scanned_code_is_in_the_field_of_the_next_dialog_once_and_is_not_shared_unread(client, cast):
    client.force_login(cast.ana)
    assert 'value="RIVERSIDE"' not in dialog(client, cast)
    assert client.get(url("riverside")).status_code == 200
    assert 'value="RIVERSIDE"' not in dialog(client, cast)

    assert client.post(url("riverside"), follow=True).status_code == 200

    assert 'name="new_code" value="RIVERSIDE"' in dialog(client, cast)
    assert 'value="RIVERSIDE"' not in dialog(client, cast)
    pressed = client.post(
        reverse("sharing:share_studies"), {"placement": str(cast.placement.uuid), "new_code": "RIVERSIDE"}
    )
    assert pressed.status_code == 422
    assert not Share.objects.exists()


def test_the_page_looks_no_code_up(client, cast):
    client.force_login(cast.ana)
    before = AuditEvent.objects.count()

    pages = [text(client.get(url(code))) for code in ("RIVERSIDE", "NOSUCHCODE")]

    assert AuditEvent.objects.count() == before
    assert all("Riverside" not in page for page in pages)


def test_a_stranger_signs_in_first(client):
    assert client.get(url("RIVERSIDE")).status_code == 302


@pytest.mark.parametrize("code", ["abc", "x" * 33, "a-\u00e9-\u00e9-b", "a\x00bc"])
def test_what_is_no_code_is_not_there(client, cast, code):
    client.force_login(cast.ana)

    assert client.get(url(code)).status_code == 404
