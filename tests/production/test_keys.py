"""Keys can be changed under people's feet: what an old key signed counts while it stands among the fallbacks."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts import tokens
from accounts.models import Invitation
from accounts.services import outbox
from sharing import services
from sharing.models import Method
from sharing.targets import Target
from tests.cast import Cast, acting
from tests.factories import PASSWORD

NEW = "the key of today, which is long enough to be one, and quite different"
RESET_LINK = re.compile(r"https?://[^/\s]+(/sign-in/\S+reset\S+)")


@pytest.fixture
def rotate(settings: Any) -> Callable[..., None]:
    """A new key; the old one stands among the fallbacks, or no longer does."""

    def change(name: str, fallbacks: str, *, kept: bool) -> None:
        old = getattr(settings, name)
        setattr(settings, name, NEW)
        setattr(settings, fallbacks, [old] if kept else [])

    return change


def signed_in(cast: Cast, *, strict: bool = False) -> Client:
    """By the sign-in page, as people do."""
    client = Client(enforce_csrf_checks=strict)
    page = reverse("account_login")
    token = csrf_of(client.get(page).content.decode())
    sent = {"login": cast.ana.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert client.post(page, sent).status_code == 302
    return client


def csrf_of(page: str) -> str:
    match = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert match
    return match[1]


@pytest.mark.parametrize(("kept", "status"), [(True, 200), (False, 302)])
def test_a_session_stands_while_its_key_is_among_the_fallbacks(
    cast: Cast, rotate: Callable[..., None], kept: bool, status: int
) -> None:
    client = signed_in(cast)

    rotate("SECRET_KEY", "SECRET_KEY_FALLBACKS", kept=kept)

    assert client.get(reverse("studies:worklist", args=[cast.ct.uuid])).status_code == status


def test_a_session_that_was_used_meanwhile_needs_the_old_key_no_more(
    cast: Cast, rotate: Callable[..., None], settings: Any
) -> None:
    client, page = signed_in(cast), reverse("studies:worklist", args=[cast.ct.uuid])
    rotate("SECRET_KEY", "SECRET_KEY_FALLBACKS", kept=True)
    assert client.get(page).status_code == 200

    settings.SECRET_KEY_FALLBACKS = []

    assert client.get(page).status_code == 200


@pytest.mark.parametrize(("kept", "status"), [(True, 200), (False, 302)])
def test_a_form_that_was_open_while_the_key_changed_can_be_sent(
    cast: Cast, rotate: Callable[..., None], kept: bool, status: int
) -> None:
    """Without the old key it is the session that is gone: the answer is the sign-in page, not a refusal."""
    client = signed_in(cast, strict=True)
    page = client.get(f"{reverse('sharing:share')}?placement={cast.placement.uuid}")
    form = {
        "csrfmiddlewaretoken": csrf_of(page.content.decode()),
        "placement": cast.placement.uuid,
        "note": "",
        "until": "",
        "physician": cast.ben.uuid,
    }

    rotate("SECRET_KEY", "SECRET_KEY_FALLBACKS", kept=kept)

    assert client.post(reverse("sharing:share_studies"), form).status_code == status


@pytest.mark.parametrize(("kept", "works"), [(True, True), (False, False)])
def test_a_link_to_a_new_password_works_while_its_key_is_among_the_fallbacks(
    cast: Cast, rotate: Callable[..., None], kept: bool, works: bool
) -> None:
    Client().post(reverse("account_reset_password"), {"email": cast.ana.email})
    assert mail.outbox == []
    outbox.deliver_waiting()
    [written] = [sent for sent in mail.outbox if sent.to == [cast.ana.email]]
    match = RESET_LINK.search(str(written.body))
    assert match, written.body

    rotate("SECRET_KEY", "SECRET_KEY_FALLBACKS", kept=kept)
    page = Client().get(match[1], follow=True)

    assert ('name="password1"' in page.content.decode()) is works


@pytest.mark.parametrize(("kept", "works"), [(True, True), (False, False)])
def test_an_invitation_counts_while_its_key_is_among_the_fallbacks(
    cast: Cast, rotate: Callable[..., None], kept: bool, works: bool
) -> None:
    target = Target(Method.EMAIL, "dora@example.net")
    services.share_studies(placements=[cast.placement.uuid], targets=[target], by=acting(cast.ana))
    token = tokens.make_token(Invitation.objects.get(email="dora@example.net"))

    rotate("CIMAR_TOKEN_KEY", "CIMAR_TOKEN_FALLBACK_KEYS", kept=kept)
    answer = Client().get(reverse("sharing:open_invitation", args=[token]), follow=True)

    assert (answer.status_code == 200 and "dora@example.net" in answer.content.decode()) is works
