"""An email that is one letter from a frequent domain is asked about in the dialog, and shared with as it was typed."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from sharing.models import Share
from sharing.typos import FREQUENT, is_a_slip, likely_email

LETTERS = "abcdefghijklmnopqrstuvwxyz.-"


@given(st.sampled_from(sorted(FREQUENT)), st.data())
def test_one_slip_in_a_frequent_domain_is_asked_about(domain: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(domain) - 1))
    letter = data.draw(st.sampled_from(LETTERS))
    slips = {
        domain[:at] + domain[at + 1 :],
        domain[:at] + letter + domain[at:],
        domain[:at] + letter + domain[at + 1 :],
        domain[:at] + domain[at : at + 2][::-1] + domain[at + 2 :],
    } - FREQUENT
    assert slips
    for slip in slips:
        assert is_a_slip(slip, domain)
        meant = likely_email(f"dora@{slip}")
        assert meant.startswith("dora@")
        assert meant.rpartition("@")[2] in FREQUENT


@given(st.text(), st.sampled_from(sorted(FREQUENT)))
def test_a_frequent_domain_and_what_is_no_email_are_never_asked_about(text: str, domain: str) -> None:
    assert likely_email(f"{text}@{domain}") == ""
    assert likely_email(text.replace("@", "")) == ""


@pytest.mark.parametrize(
    "email", ["dora@seaview.example", "a@nhs.uk", "b@mail.com.example", "c@northgate.example"]
)
def test_another_domain_is_not_asked_about(email: str) -> None:
    assert likely_email(email, ["northgate.example"]) == ""


@pytest.mark.django_db
def test_the_dialog_asks_and_shares_with_what_was_typed(client, cast):
    client.force_login(cast.ana)
    data = {"placement": str(cast.placement.uuid), "email": ["dora@gmial.com", "ed@seaview.example"]}

    page = " ".join(client.post(reverse("sharing:share_check"), data).content.decode().split())

    assert page.count("Did you mean") == 1
    assert "Did you mean <bdi>dora@gmail.com</bdi>?" in page
    client.post(reverse("sharing:share_studies"), data)
    assert set(Share.objects.values_list("email", flat=True)) == {"dora@gmial.com", "ed@seaview.example"}
