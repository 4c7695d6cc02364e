"""What is sent to the share dialog by mistake: each comes back with a sentence, and nothing is shared."""

from uuid import uuid4

import pytest
from django.urls import reverse

from sharing.models import Share
from sharing.services import add_share_rule
from tests.cast import acting
from tests.factories import make_study, placement_of
from tests.sharing.dialog_pages import check, share, text

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "fields",
    [
        {"location": "not-a-uuid"},
        {"location": str(uuid4())},
        {"group": "'; DROP TABLE"},
        {"physician": "x:y"},
        {"code": "\x00"},
        {"code": "A" * 5000},
        {"email": "not an address"},
        {"email": f"{'a' * 300}@example.net"},
    ],
)
def test_a_target_that_means_nothing_is_a_refused_line(client, cast, fields):
    client.force_login(cast.ana)
    answer = share(client, cast, **fields)
    assert answer.status_code == 200
    assert "Nothing was shared." in text(answer)
    assert not Share.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "Choose at least one study and one recipient."),
        ({"note": "n" * 100_000}, "A note can have at most 2,000 characters. This one has 100,000."),
        ({"until": "31 Febuary"}, "Enter the date as day, month and year"),
        ({"until": "9999-12-31"}, "too far in the future"),
        ({"until": "0001-01-01"}, "must be today or later"),
        ({"email": [f"p{n}@example.net" for n in range(21)]}, "You can choose at most 20 recipients"),
    ],
)
def test_what_cannot_stand_comes_back_with_everything_typed(client, cast, fields, sentence):
    client.force_login(cast.ana)
    kept = {} if not fields else {"location": str(cast.emergency.uuid), "code": "RIVERSIDE"}
    answer = share(client, cast, **{**kept, **fields})
    page = text(answer)
    assert answer.status_code == 422
    assert sentence in page
    assert all(f'value="{value}"' in page for value in kept.values())  # allowed: a case types nothing
    for typed in fields.values():
        assert (typed if isinstance(typed, str) else typed[-1]) in page
    assert not Share.objects.exists()


@pytest.mark.parametrize("email", ["\x00", "dora\x00@example.net", f"{'a' * 3000}@example.net"])
def test_what_is_no_email_is_shown_again_whatever_it_is(client, cast, email):
    rule = {"allows": False, "to": "outside", "method": "email"}
    add_share_rule(account=cast.northgate, by=acting(cast.adam), from_worklist=cast.emergency, **rule)
    client.force_login(cast.ana)
    for fields in ({"email": email}, {"new_email": email}, {"again": f"email:{email}"}):
        assert check(client, cast, **fields).status_code == 200
    assert share(client, cast, email=[email, "dora@example.net"], until="soon").status_code == 422
    assert not Share.objects.exists()


def test_501_studies_are_too_many_and_nothing_typed_is_lost(client, cast):
    client.force_login(cast.ana)
    ticked = [str(cast.placement.uuid), *(str(uuid4()) for _ in range(500))]
    answer = share(client, cast, placement=ticked, email="dora@example.net", note="Please look")
    page = text(answer)
    assert answer.status_code == 422
    assert "You can share at most 500 studies at once. You selected 501." in page
    assert page.count('name="placement"') == 501
    assert "Please look" in page
    opened = client.post(reverse("sharing:share_open"), {"placement": ticked})
    assert opened.status_code == 400
    assert "You can share at most 500 studies" in text(opened)


def test_nothing_ticked_is_a_sentence(client, cast):
    client.force_login(cast.ana)
    assert "Select at least one study" in text(client.post(reverse("sharing:share_open")))
    assert client.post(reverse("sharing:share_open"), {"placement": "nonsense"}).status_code == 404


def test_markup_in_names_and_notes_stays_text(client, cast):
    study = make_study(cast.ct, patient_name="<script>alert(1)</script>^A", description="<img src=x>")
    placement = str(placement_of(study, cast.ct).uuid)
    client.force_login(cast.ana)
    page = text(client.post(reverse("sharing:share_open"), {"placement": placement}))
    page += text(share(client, cast, placement=placement, new_email="<b>x</b>"))
    page += text(share(client, cast, placement=placement, until="<i>soon</i>", note="</textarea><script>"))
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert "<b>x</b>" not in page
    assert "<i>soon</i>" not in page
    assert "</textarea><script>" not in page


@pytest.mark.parametrize(
    "url", ["share_check", "share_studies", "share_open", "remove_studies", "delete_study"]
)
def test_deeds_want_a_token(cast, url, settings):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.ana)
    assert client.post(reverse(f"sharing:{url}"), {"placement": str(cast.placement.uuid)}).status_code == 403
    assert not Share.objects.exists()


@pytest.mark.parametrize("url", ["share_check", "share_studies", "remove_studies", "delete_study"])
def test_deeds_are_posted(client, cast, url):
    client.force_login(cast.ana)
    assert client.get(reverse(f"sharing:{url}")).status_code == 405
