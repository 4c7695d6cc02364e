"""No page is blank, a cut link says what it is, and a press that was lost to a sign-in is said to be lost."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, AccountMembership
from accounts.tokens import make_token
from tests.factories import PASSWORD, make_role
from tests.staff_invitations import invite, offer, waiting
from worklists.selectors import effect_of

pytestmark = pytest.mark.django_db
CONVERTED = re.compile(r"<(?:(\w+):)?(\w+)>")
VALUES = {"uuid": str(uuid4()), "int": "1", "str": "x", "slug": "x", "path": "1", None: "x"}


def every_url(patterns: Any, prefix: str = "/") -> Any:
    for pattern in patterns:
        route = str(pattern.pattern)
        if route.startswith("^"):
            continue
        filled = prefix + CONVERTED.sub(lambda found: VALUES.get(found[1], str(uuid4())), route)
        if isinstance(pattern, URLResolver):
            yield from every_url(pattern.url_patterns, filled)
        elif isinstance(pattern, URLPattern):
            yield filled


URLS = sorted(set(every_url(get_resolver().url_patterns)))


@pytest.mark.parametrize("who", ["a stranger", "ana", "adam"])
def test_opening_any_url_shows_a_page_or_leads_to_one(cast: Any, who: str) -> None:
    assert len(URLS) > 60
    client = Client()
    if who != "a stranger":
        client.force_login(getattr(cast, who))
    blank, refused = [], set()
    for url in URLS:
        # Programs ask these: the proxy, a monitor, a DICOM client.
        if url.startswith(("/dicomweb/", "/health", "/metrics")) or url.endswith("/upload/allowed/"):
            continue
        answer = client.get(url)
        if answer.status_code == 405:
            refused.add(url)
            assert answer["Allow"], url
        is_page = answer.status_code < 400 or answer.streaming or b"<h1" in answer.content
        if not is_page and not answer.headers.get("Content-Type", "").startswith(
            ("application/json", "text/plain")
        ):
            blank.append((url, answer.status_code))

    assert blank == []
    assert "/share/check/" in refused or who == "a stranger"


def test_a_part_of_a_page_keeps_the_bare_answer(cast: Any) -> None:
    client = Client()
    client.force_login(cast.ana)

    answer = client.get("/share/check/", headers={"HX-Request": "true"})

    assert (answer.status_code, answer.content) == (405, b"")


# --- A cut link


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_cut_or_spoilt_invitation_link_says_so_and_always_the_same(
    cast: Any, client: Client, data: Any
) -> None:
    invite(cast, offer(cast))
    token = make_token(waiting().invitation)
    kept = data.draw(st.integers(1, len(token) - 1))
    more = data.draw(st.text("abcXYZ019-_:.", max_size=5))
    spoilt = token[:kept] + more
    if spoilt == token:
        return

    answer = client.get(f"/invitations/{spoilt}/")

    assert answer.status_code == 404
    page = answer.content.decode()
    assert "This link is incomplete" in page and "copy all of the link" in page
    assert answer.content == Client().get("/invitations/x/").content


def test_a_whole_link_still_opens(cast: Any, client: Client) -> None:
    invite(cast, offer(cast))

    answer = client.get(f"/invitations/{make_token(waiting().invitation)}/")

    assert answer["Location"] == "/register/"


# --- A press that was lost


@pytest.mark.parametrize("url", ["/share/studies/", "/remove/studies/", "/profile/details/"])
def test_after_signing_in_the_page_says_that_nothing_was_done(cast: Any, url: str) -> None:
    client = Client()
    to_sign_in = client.post(url, {"placement": str(cast.placement.uuid)})
    assert to_sign_in["Location"].startswith("/sign-in/login/?next=/")

    form = {"login": cast.ana.email, "password": PASSWORD}
    page = client.post(to_sign_in["Location"], {**form, "next": "/?unsent=yes"}, follow=True)

    assert page.redirect_chain[-1][0].endswith("/studies/")
    assert "Nothing was shared, sent or changed: please do it again." in page.content.decode()


def test_no_such_sentence_without_a_lost_press(cast: Any) -> None:
    client = Client()

    page = client.post("/sign-in/login/", {"login": cast.ana.email, "password": PASSWORD}, follow=True)

    assert "Nothing was shared, sent" not in page.content.decode()


# --- Small words on pages


def test_an_inactive_member_reads_it_where_the_list_is_empty(cast: Any) -> None:
    client = Client()
    client.force_login(cast.ina)

    page = client.get("/studies/", follow=True).content.decode()

    assert "You are inactive in Northgate Hospital" in page
    client.force_login(cast.ed)
    assert "You are inactive" not in client.get("/studies/", follow=True).content.decode()


def test_a_new_account_has_no_preset_time_zone(cast: Any) -> None:
    client = Client()
    client.force_login(cast.sue)

    page = client.get("/admin/accounts/account/add/").content.decode()
    typed = {"name": "Third Hospital", "timezone": "", "email": "head@third.example"}
    client.post("/admin/accounts/account/add/", typed)

    [zone] = re.findall(r'<input [^>]*name="timezone"[^>]*>', page)
    assert " value=" not in zone
    assert not Account.objects.filter(name="Third Hospital").exists()


def test_the_last_administrator_reads_it_before_the_button(cast: Any) -> None:
    client = Client()
    client.force_login(cast.adam)
    row = AccountMembership.objects.get(user=cast.adam)
    pages = (
        f"/admin/accounts/accountmembership/{row.pk}/deactivate/",
        f"/admin/accounts/accountmembership/{row.pk}/delete/",
        f"/profile/memberships/{cast.northgate.uuid}/leave/",
    )

    for url in pages:
        page = client.get(url).content.decode()
        assert "This would leave the account without an administrator." in page, url
        assert "btn-danger" not in page.replace("btn btn-danger btn-sm", ""), url


def test_a_role_that_shares_and_sees_no_list_says_that_it_has_no_effect(cast: Any) -> None:
    role = make_role(cast.northgate, "Sharers", ["list_studies"])

    assert effect_of(role, {"share_study"}).unlisted
    assert not effect_of(role, {"share_study", "list_studies"}).unlisted


def test_each_cell_of_the_administrations_lists_names_its_column(cast: Any) -> None:
    client = Client()
    client.force_login(cast.adam)

    page = client.get("/admin/accounts/accountmembership/").content.decode()

    assert "table-region--stack" in page
    assert {"Person", "Email", "State"} <= set(re.findall(r'data-label="([^"]+)"', page))
