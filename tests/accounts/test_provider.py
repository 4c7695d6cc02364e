"""Sign-in by an organisation's own provider: matched by verified address, never making anybody."""

import re
from html import unescape

import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client

from accounts.adapter.provider import UNKNOWN, UNVERIFIED
from accounts.models import Account, User
from accounts.services import second_factor
from accounts.views.provider import OUT_OF_REACH
from audit import clock
from audit.actions import Action
from audit.models import AuditEvent
from tests import oidc
from tests.cast import acting
from tests.factories import join, make_account, make_user

LEAVE, LOGIN = "/sign-in/organisation/", "/sign-in/login/"


@pytest.fixture
def provider(settings):
    for running in oidc.running():
        settings.SOCIALACCOUNT_PROVIDERS = running.settings()
        yield running


@pytest.fixture
def ana(db):
    return make_user("Ana Reed", email="ana@example.org")


def is_in(client):
    return "_auth_user_id" in client.session


def leave(client, **form):
    """To the page that leads to the provider; the address it leads to."""
    answer = client.post(LEAVE, form)
    assert answer.status_code == 200
    return answer["Refresh"].partition("url=")[2]


def sign_in(client, provider, **form):
    return client.get(provider.visit(leave(client, **form)), follow=True)


def told(answer):
    return unescape(answer.content.decode())


def refused_because():
    events = AuditEvent.objects.filter(action=Action.SIGN_IN_FAILED)
    return [(event.by_id, event.detail["why"]) for event in events]


def test_the_sign_in_page_offers_it_by_its_name_where_it_is_configured(client, provider, db):
    assert "Northgate</bdi>" in client.get(LOGIN).content.decode()


def test_without_a_provider_there_is_nothing(client, db):
    assert "Sign in with <bdi>" not in client.get(LOGIN).content.decode()
    assert client.post(LEAVE).status_code == client.get(f"{LEAVE}back/").status_code == 404


def test_a_verified_address_signs_its_person_in(client, provider, ana):
    provider.says["email"] = "ANA@Example.org"
    answer = sign_in(client, provider, next="/profile/")
    assert (answer.request["PATH_INFO"], answer.status_code) == ("/profile/", 200)
    [event] = AuditEvent.objects.filter(action=Action.SIGN_IN)
    assert (event.by_id, event.detail["how"]) == (ana.pk, "the organisation's sign-in")
    assert not SocialAccount.objects.exists()


def test_the_way_there_carries_a_state_and_a_proof_key(client, provider, ana):
    sign_in(client, provider)
    assert provider.asked["code_challenge_method"] == "S256"
    assert provider.asked["redirect_uri"] == f"http://127.0.0.1:8000{LEAVE}back/"
    assert len(provider.asked["state"]) >= 16
    assert provider.exchanged["code_verifier"]
    assert provider.exchanged["client_secret"] == oidc.SECRET


@pytest.mark.parametrize("verified", [False, None, "false", "true", 0, 1])
def test_an_address_the_provider_does_not_vouch_for_is_refused(client, provider, ana, verified):
    provider.says["email_verified"] = verified
    answer = sign_in(client, provider)
    assert UNVERIFIED.format(name="Northgate") in told(answer)
    assert not is_in(client)
    assert refused_because() == [(None, "unverified")]


def test_an_unknown_address_is_told_to_ask_for_an_invitation_and_makes_nobody(client, provider, ana):
    provider.says["email"] = "nobody@example.org"
    before = User.objects.count()
    answer = sign_in(client, provider)
    assert UNKNOWN.format(email="nobody@example.org") in told(answer)
    assert "can invite you" in told(answer)
    assert (User.objects.count(), is_in(client), refused_because()) == (before, False, [(None, "unknown")])


def test_an_address_nobody_here_has_proved_finds_nobody(client, provider, db):
    make_user("Ana Reed", email="ana@example.org", verified=False)
    assert "There is no account for" in told(sign_in(client, provider))
    assert not is_in(client)


def test_a_deactivated_person_is_refused(client, provider, ana):
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert "You cannot sign in" in told(sign_in(client, provider))
    assert (is_in(client), refused_because()) == (False, [(None, "deactivated")])


FORGED = {
    "for another site": {"aud": "another-site"},
    "by another issuer": {"iss": "https://elsewhere.example"},
    "too old": {"exp": 1},
    "about somebody else": {"sub": "43"},
}


@pytest.mark.parametrize("changed", FORGED.values(), ids=FORGED)
def test_a_token_that_is_not_ours_signs_nobody_in(client, provider, ana, changed):
    provider.token = changed
    assert "did not work" in told(sign_in(client, provider))
    assert (is_in(client), refused_because()) == (False, [(None, "provider")])


def test_a_token_that_somebody_else_signed_signs_nobody_in(client, provider, ana):
    provider.signs_with = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert "did not work" in told(sign_in(client, provider))
    assert not is_in(client)


def test_an_answer_about_nobody_signs_nobody_in(client, provider, ana):
    provider.about = {"sub": None}
    assert "did not work" in told(sign_in(client, provider))
    assert not is_in(client)


def test_an_answer_that_was_not_asked_for_here_signs_nobody_in(client, provider, ana):
    """As by a link that somebody else sends: the state is of another browser."""
    url = provider.visit(leave(Client()))
    assert "did not work" in told(client.get(url, follow=True))
    assert "did not work" in told(client.get(f"{LEAVE}back/?code=c&state=forged", follow=True))
    assert not is_in(client)


def test_an_answer_is_taken_once(client, provider, ana):
    url = provider.visit(leave(client))
    client.get(url)
    client.post("/sign-in/logout/")
    assert "did not work" in told(client.get(url, follow=True))
    assert not is_in(client)


def test_who_turns_back_there_is_told_so(client, provider, ana):
    state = re.search("state=([^&]+)", leave(client))[1]
    answer = client.get(f"{LEAVE}back/?error=access_denied&state={state}", follow=True)
    assert "You did not sign in with Northgate." in told(answer)


def test_it_cannot_be_made_to_link_anything(client, provider, ana):
    answer = client.get(provider.visit(leave(client, process="connect")), follow=True)
    assert "did not work" in told(answer)
    assert (is_in(client), SocialAccount.objects.count()) == (False, 0)


def test_out_of_reach_it_says_so(client, provider, ana):
    provider.server.server_close()
    provider.server.shutdown()
    answer = client.post(LEAVE, follow=True)
    assert OUT_OF_REACH in told(answer)


def test_a_second_factor_set_up_here_is_still_asked_for(client, provider, ana):
    second_factor.add_app(by=acting(ana), secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    assert sign_in(client, provider).request["PATH_INFO"] == "/sign-in/second-factor/"
    assert not is_in(client)


def test_an_account_that_requires_a_second_factor_requires_ours(client, provider, ana):
    account = make_account("Northgate Hospital")
    join(ana, account, "Viewer")
    Account.objects.update(second_factor_from=clock.now())
    assert sign_in(client, provider).request["PATH_INFO"] == "/profile/second-factor/required/"


def test_looking_at_the_address_leaves_nowhere(client, provider, db):
    cache.clear()
    assert client.get(LEAVE).status_code == 405


@pytest.mark.parametrize(
    "domain", ["example.com", "sub.example.org", "example.org.evil.example", "notexample.org"]
)
def test_the_provider_vouches_for_its_own_domains_alone(client, provider, db, domain):
    make_user("Ben", email=f"ben@{domain}")
    provider.says["email"] = f"ben@{domain}"

    assert "does not sign people in with this email address" in told(sign_in(client, provider))
    assert (is_in(client), refused_because()) == (False, [(None, "provider")])


def test_a_superuser_without_a_second_factor_is_not_signed_in_by_a_provider(client, provider, ana):
    User.objects.filter(pk=ana.pk).update(is_superuser=True)

    assert "set up a second factor first" in told(sign_in(client, provider))
    assert not is_in(client)
