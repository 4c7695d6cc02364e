"""An email that is one letter from a frequent domain is asked about, and shared with as it was typed when confirmed."""

import re

import pytest
from django.db.models.functions import Now
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Invitation
from sharing import services
from sharing.models import Method, Share
from sharing.targets import Target
from sharing.typos import FREQUENT, is_a_slip, likely_email
from tests.cast import acting
from tests.factories import make_study, placement_of

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
def test_the_dialog_asks_and_shares_with_what_was_typed_once_it_is_confirmed(client, cast):
    client.force_login(cast.ana)
    data = {"placement": str(cast.placement.uuid), "email": ["dora@gmial.com", "ed@seaview.example"]}

    page = " ".join(client.post(reverse("sharing:share_check"), data).content.decode().split())

    assert page.count("Did you mean") == 1
    assert "Did you mean <bdi>dora@gmail.com</bdi>?" in page
    assert client.post(reverse("sharing:share_studies"), data).status_code == 422
    assert not Share.objects.exists()
    client.post(reverse("sharing:share_studies"), {**data, "confirmed": "dora@gmial.com"})
    assert set(Share.objects.values_list("email", flat=True)) == {"dora@gmial.com", "ed@seaview.example"}


def accepted(cast, person, email, **more):
    """An invitation by a share of this person, which the recipient accepted."""
    placement = placement_of(make_study(cast.ct), cast.ct)
    services.share_studies(
        placements=[placement.uuid], targets=[Target(Method.EMAIL, email)], by=acting(person)
    )
    Invitation.objects.filter(email=email).update(**{"accepted_at": Now(), "accepted_by": cast.ed, **more})


def meant(client, cast, email):
    page = client.post(
        reverse("sharing:share_check"), {"placement": str(cast.placement.uuid), "email": email}
    ).content.decode()
    found = re.findall(r"Did you mean <bdi>([^<]*)</bdi>", " ".join(page.split()))
    return found[0] if found else "", page


@pytest.mark.django_db
@given(st.data())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_slip_in_the_domain_of_a_colleagues_recipient_is_asked_about_by_the_domain_alone(
    client, cast, data
):
    accepted(cast, cast.erin, "frida.holm@practice.example")
    domain = "practice.example"
    at = data.draw(st.integers(1, 7))
    letter = data.draw(st.sampled_from("qxz"))
    slip = data.draw(
        st.sampled_from([domain[:at] + domain[at + 1 :], domain[:at] + letter + domain[at + 1 :]])
    )
    client.force_login(cast.ana)

    asked, page = meant(client, cast, f"dora@{slip}")

    assert asked == "dora@practice.example"
    assert "frida" not in page.lower()
    assert "holm" not in page.lower()


@pytest.mark.django_db
@pytest.mark.parametrize("more", [{"accepted_at": None, "accepted_by": None}], ids=["waiting"])
def test_an_email_that_no_one_registered_with_vouches_for_no_domain(client, cast, more):
    accepted(cast, cast.erin, "frida.holm@practice.example", **more)
    client.force_login(cast.ana)

    assert meant(client, cast, "dora@practise.example")[0] == ""


@pytest.mark.django_db
def test_recipients_of_another_organisation_are_not_compared_with(client, cast):
    accepted(cast, cast.erin, "frida.holm@practice.example")
    placement = placement_of(make_study(cast.imaging), cast.imaging)
    client.force_login(cast.caro)

    page = client.post(
        reverse("sharing:share_check"), {"placement": str(placement.uuid), "email": "dora@practise.example"}
    ).content.decode()

    assert "dora@practise.example" in page
    assert "Did you mean" not in page
