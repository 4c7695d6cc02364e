"""Where a page leads after a change: a path of this site, known before the change or else the preset one."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.http import HttpResponseRedirect
from django.test import Client
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.models import Invitation
from common.responses import LONGEST_PATH, is_path
from sharing.models import Method, Share
from sharing.services import share_studies
from sharing.targets import Target
from tests.cast import Cast, acting

HOSTILE = [
    "abc",
    "sharing:end",
    "studies:study",
    ".",
    "../..",
    "?q",
    "#",
    " /studies/",
    "/\x00",
    "/a\r\nSet-Cookie: a=b",
    "/\ud800",
    "/" + "a" * 100_000,
    "/" + "é" * 1000,
    "//",
    "/\\",
    "//example.net",
    "/\\example.net",
    "\\\\example.net",
    "///example.net",
    "https://example.net/",
    "https:/studies/",
    "http://[",
    "//[",
    "javascript:alert(1)",
    "/\u2028",
    "{}",
    "",
]
# Half a surrogate pair cannot be sent: what Django decodes has another sign in its place.
SENDABLE = [url for url in HOSTILE if "\ud800" not in url]


@pytest.mark.parametrize("url", HOSTILE, ids=lambda url: ascii(url)[:30])
def test_a_redirect_leads_to_a_path_of_this_site_alone(url: str) -> None:
    assert not is_path(url)


@given(st.one_of(st.text(), st.text("/\\:?#@ \t\r\n\x00a.éא\u202e"), st.from_regex(r"/[!-~]{0,50}")))
@example("/studies/?search=Müller")
def test_what_may_be_redirected_to_stays_on_this_site_and_fits_a_header(url: str) -> None:
    if not is_path(url):
        return
    location = HttpResponseRedirect(url)["Location"]
    parts = urlsplit(location)
    assert (parts.scheme, parts.netloc) == ("", "")
    assert location.startswith("/") and not location.startswith("//")
    assert location.isascii() and location.isprintable() and len(location) <= LONGEST_PATH


@pytest.fixture
def shares(cast: Cast) -> list[Share]:
    targets = [
        Target(Method.LOCATION, str(cast.emergency.uuid)),
        Target(Method.EMAIL, "dora@example.net"),
    ]
    report = share_studies(placements=[cast.placement.uuid], targets=targets, by=acting(cast.ana))
    return [row.share for row in report.rows]


@pytest.mark.django_db
@pytest.mark.parametrize("url", SENDABLE, ids=lambda url: ascii(url)[:30])
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "dialog"])
def test_a_change_is_answered_whatever_page_is_named_to_go_back_to(
    client: Client, cast: Cast, shares: list[Share], url: str, headers: Any
) -> None:
    client.force_login(cast.ana)
    [location, _promise] = shares
    sent = Invitation.objects.get(email="dora@example.net").uuid
    changes = [
        ("sharing:change", [location.uuid], {"note": "Left"}, "sharing:shared_by_me"),
        ("sharing:end", [], {"share": [str(location.uuid)]}, "sharing:shared_by_me"),
        # Once more, after the share has ended.
        ("sharing:end", [], {"share": [str(location.uuid)]}, "sharing:shared_by_me"),
        ("sharing:resend", [sent], {}, "sharing:invitations"),
        ("sharing:relink", [sent], {}, "sharing:invitations"),
        ("sharing:withdraw", [sent], {}, "sharing:invitations"),
    ]
    for name, args, data, preset in changes:
        page = reverse(name, args=args)
        back = {"back": url}

        answer = client.post(page, {**data, **back}, headers=headers)

        assert answer.status_code == (200 if headers else 302)
        assert answer["HX-Redirect" if headers else "Location"] == reverse(preset)
    assert shares
    for share in shares:
        share.refresh_from_db()
        assert share.ended_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize("behind", SENDABLE, ids=lambda url: ascii(url)[:30])
def test_the_page_behind_a_dialog_is_a_worklist_of_ours_or_its_beginning(
    client: Client, cast: Cast, behind: str
) -> None:
    client.force_login(cast.ana)
    headers = {"HX-Request": "true", "HX-Current-URL": behind}

    page = client.get(reverse("sharing:share"), {"placement": str(cast.placement.uuid)}, headers=headers)

    assert page.status_code == 200
    assert f'href="{reverse("studies:worklist", args=[cast.ct.uuid])}"' in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("url", SENDABLE, ids=lambda url: ascii(url)[:30])
def test_after_signing_in_the_next_page_is_ours(client: Client, cast: Cast, url: str) -> None:
    data = {"login": cast.ana.email, "password": "calm reading room", "next": url}

    answer = client.post(reverse("account_login"), data)

    assert answer.status_code == 302
    assert answer["Location"] == reverse("home")
