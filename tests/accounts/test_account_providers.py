"""Identity providers of several accounts: each vouches for its own domains, and none tells what accounts there are."""

import re
from collections.abc import Iterator
from html import unescape
from io import StringIO
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from accounts.models import IdentityProvider, ProviderDomain, User
from accounts.selectors.providers import provider_for
from audit.actions import Action
from audit.models import AuditEvent
from tests import oidc
from tests.cast import Cast, acting
from tests.factories import make_user
from tests.spellings import spellings
from worklists.services import remove_provider, set_provider

pytestmark = pytest.mark.django_db
FIND, LOGIN = "/sign-in/organisation/find/", "/sign-in/login/"


@pytest.fixture
def secrets(settings: Any) -> None:
    settings.CIMAR_OIDC_SECRETS = {"northgate": oidc.SECRET, "riverside": oidc.SECRET}


@pytest.fixture
def northgates(cast: Cast, secrets: None) -> Iterator[oidc.Provider]:
    for running in oidc.running():
        running.row = running.of(
            cast.northgate, name="northgate", domains=["northgate.example", "example.org"]
        )
        yield running


@pytest.fixture
def riversides(cast: Cast, secrets: None) -> Iterator[oidc.Provider]:
    for running in oidc.running():
        running.row = running.of(cast.riverside, name="riverside", domains=["riverside.example"])
        yield running


@pytest.fixture
def nora(northgates: oidc.Provider) -> User:
    northgates.says["email"] = "nora@northgate.example"
    return make_user("Nora", email="nora@northgate.example")


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def leave(client: Client, url: str, **form: str) -> str:
    answer = client.post(url, form)
    assert answer.status_code == 200
    return answer["Refresh"].partition("url=")[2]


def own(provider: oidc.Provider) -> str:
    return reverse("provider_own", args=[provider.row.uuid])


def told(answer: Any) -> str:
    return unescape(answer.content.decode())


def test_the_email_says_which_provider_and_the_person_is_signed_in(
    client: Client, northgates: oidc.Provider, riversides: oidc.Provider, nora: User
) -> None:
    to = leave(client, FIND, email="  NORA@Northgate.Example", next="/profile/")

    assert to.startswith(northgates.issuer)
    answer = client.get(northgates.visit(to), follow=True)

    assert answer.request["PATH_INFO"] == "/profile/"
    assert is_in(client)
    assert northgates.exchanged["client_secret"] == oidc.SECRET
    assert northgates.exchanged["code_verifier"]
    assert AuditEvent.objects.get(action=Action.SIGN_IN).by_id == nora.pk
    assert not SocialAccount.objects.exists()


def test_an_accounts_own_url_leads_to_its_provider(client: Client, riversides: oidc.Provider) -> None:
    make_user("Rob", email="rob@riverside.example")
    riversides.says["email"] = "rob@riverside.example"
    page = client.get(own(riversides))

    assert "Sign in with <bdi>Riverside Clinic</bdi>" in " ".join(told(page).split())
    client.get(riversides.visit(leave(client, own(riversides))), follow=True)

    assert is_in(client)


def test_a_provider_vouches_for_no_one_of_another_accounts_domain(
    client: Client, northgates: oidc.Provider, riversides: oidc.Provider, nora: User
) -> None:
    """Riverside's provider says that somebody is Nora: it may not."""
    riversides.says["email"] = "nora@northgate.example"

    answer = client.get(riversides.visit(leave(client, own(riversides))), follow=True)

    assert "Riverside Clinic does not sign people in with this email address" in told(answer)
    assert not is_in(client)


def test_an_answer_of_one_provider_is_not_taken_at_the_url_of_another(
    client: Client, northgates: oidc.Provider, riversides: oidc.Provider, nora: User
) -> None:
    back = northgates.visit(leave(client, own(northgates)))
    elsewhere = back.replace(str(northgates.row.uuid), str(riversides.row.uuid))
    riversides.says["email"] = "rob@riverside.example"

    answer = client.get(elsewhere, follow=True)

    assert "did not work" in told(answer)
    assert not is_in(client)


def test_a_superuser_without_a_second_factor_is_signed_in_by_none(
    client: Client, northgates: oidc.Provider, nora: User
) -> None:
    User.objects.filter(pk=nora.pk).update(is_superuser=True)

    answer = client.get(northgates.visit(leave(client, own(northgates))), follow=True)

    assert "set up a second factor first" in told(answer)
    assert not is_in(client)


def test_the_sign_in_page_names_no_account(
    client: Client, northgates: oidc.Provider, riversides: oidc.Provider
) -> None:
    page = told(client.get(LOGIN))

    assert "Sign in with your organisation" in page
    for name in ("Northgate", "Riverside", "northgate", "riverside"):
        assert name not in page


def test_without_a_provider_the_page_offers_none(client: Client, cast: Cast) -> None:
    assert "Sign in with your organisation" not in told(client.get(LOGIN))


def test_without_its_secret_a_provider_is_as_if_it_were_not_there(
    client: Client, northgates: oidc.Provider, settings: Any
) -> None:
    settings.CIMAR_OIDC_SECRETS = {}

    assert client.get(own(northgates)).status_code == client.post(own(northgates)).status_code == 404
    assert client.post(FIND, {"email": "nora@northgate.example"}).status_code == 422
    assert "Sign in with your organisation" not in told(client.get(LOGIN))


OTHERS = [
    "northgate.example.evil.example", "notnorthgate.example", "www.northgate.example", "example", "nоrthgate.example",
]  # fmt: skip
LOCAL = st.text("abcdefghijklmnopqrstuvwxyz0123456789._-", min_size=1, max_size=20).filter(
    lambda name: not (name.startswith(".") or name.endswith(".") or ".." in name)
)


@given(local=LOCAL, known=st.booleans())
@examples(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_answer_is_the_same_for_every_email_of_a_domain(
    northgates: oidc.Provider, nora: User, settings: Any, local: str, known: bool
) -> None:
    """Registered or not, a domain with a provider leads there and another to the password."""
    settings.ACCOUNT_RATE_LIMITS = False
    email = nora.email if known else f"{local}@northgate.example"

    assert leave(Client(), FIND, email=email).startswith(f"{northgates.issuer}/authorize?")
    other = Client().post(FIND, {"email": f"{local}@elsewhere.example"})
    assert other.status_code == 422
    assert "sign in with a password" in told(other)


@given(data=st.data())
@examples(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_domain_is_found_however_it_is_spelt_and_no_other_is(
    northgates: oidc.Provider, data: st.DataObject
) -> None:
    spelt = data.draw(spellings("northgate.example").filter(lambda name: not re.search(r"\s", name)))
    other = data.draw(
        st.sampled_from(
            [
                "northgate.example.evil.example",
                "notnorthgate.example",
                "www.northgate.example",
                "example",
                "nоrthgate.example",
            ]
        )
    )

    assert provider_for(f"nora@{spelt}") == northgates.row
    assert provider_for(f"nora@{other}") is None


# What the platform sets


def set_it(cast: Cast, by: Any, **more: Any) -> Any:
    values = {
        "name": "northgate",
        "issuer": "https://login.example",
        "client_id": "c",
        "domains": ["a.example"],
    }
    return set_provider(account=cast.northgate, by=acting(by), **{**values, **more})


@pytest.mark.parametrize("person", ["adam", "ana", "rita", "anonymous"])
def test_only_the_platform_sets_and_removes_providers(cast: Cast, person: str) -> None:
    by = getattr(cast, person)

    with pytest.raises(PermissionDenied):
        set_it(cast, by)
    with pytest.raises(PermissionDenied):
        remove_provider(account=cast.northgate, by=acting(by))
    assert not IdentityProvider.objects.exists()


def test_a_domain_has_one_provider(cast: Cast) -> None:
    set_it(cast, cast.sue, domains=["a.example", "B.example."])

    for domain in ("a.example", "A.EXAMPLE", "ｂ.example"):
        with pytest.raises(ValidationError, match="vouches for"):
            set_provider(
                account=cast.riverside, name="riverside", issuer="https://r.example", client_id="c",
                domains=["r.example", domain], by=acting(cast.sue),
            )  # fmt: skip
    assert IdentityProvider.objects.count() == 1


def test_a_change_is_recorded_with_what_was_and_the_same_again_is_not(cast: Cast) -> None:
    set_it(cast, cast.sue)
    set_it(cast, cast.sue)
    set_it(cast, cast.sue, domains=["b.example"])
    remove_provider(account=cast.northgate, by=acting(cast.sue))

    events = AuditEvent.objects.filter(action__startswith="account:provider:").order_by("pk")
    assert [event.detail.get("was", {}).get("domains") for event in events] == [
        None,
        ["a.example"],
        ["b.example"],
    ]
    assert {event.account_id for event in events} == {cast.northgate.pk}
    assert not ProviderDomain.objects.exists()


WRONG = {
    "name": ["", "North Gate", "-a", "a--b", "../a", "a" * 41, "a\nb", "ä"],
    "issuer": [
        "", "login.example", "ftp://login.example", "https://", "https://a@login.example", "https://l.example?x=1",
        "https://l.example#x", "https://l.example:99999", "https://[::1", "https://l.example/ä", "https://l.example/ x",
        "javascript:alert(1)",
    ],
    "client_id": ["", "x" * 256, "a\x00b"],
    "domains": [[], [""], ["https://a.example"], ["localhost"], ["a..example"], [f"{n}.example" for n in range(51)]],
}  # fmt: skip


@pytest.mark.parametrize(("field", "value"), [(f, value) for f, values in WRONG.items() for value in values])
def test_what_cannot_be_a_provider_is_refused_at_its_field(cast: Cast, field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refusal:
        set_it(cast, cast.sue, **{field: value})

    assert field in refusal.value.message_dict
    assert not IdentityProvider.objects.exists()


def test_an_issuer_without_https_is_for_developers(cast: Cast, settings: Any) -> None:
    settings.CIMAR_DEVELOPMENT = False

    with pytest.raises(ValidationError):
        set_it(cast, cast.sue, issuer="http://login.example")


def test_a_superuser_sets_and_removes_it_on_a_page(client: Client, cast: Cast, secrets: None) -> None:
    client.force_login(cast.sue)
    page = reverse("admin:accounts_account_provider", args=[cast.northgate.pk])
    form = {
        "name": "northgate",
        "issuer": "https://login.example/",
        "client_id": "c",
        "domains": "a.example,\nb.example",
    }

    saved = client.post(page, form, follow=True)

    row = IdentityProvider.objects.get()
    assert str(row.uuid) in told(saved) and "no client secret" not in told(saved)
    assert sorted(row.domains.values_list("domain", flat=True)) == ["a.example", "b.example"]
    refused = client.post(page, {**form, "issuer": "x"})
    assert refused.status_code == 422 and "https://" in told(refused)
    client.post(page, {"remove": "1"})
    assert not IdentityProvider.objects.exists()


def test_the_provider_of_the_environment_becomes_an_accounts_own(cast: Cast, settings: Any) -> None:
    with pytest.raises(CommandError, match="no provider to move"):
        call_command("move_provider", "Northgate Hospital", name="northgate")
    environment = oidc.Provider()
    settings.SOCIALACCOUNT_PROVIDERS = environment.settings()
    try:
        with pytest.raises(CommandError, match="no account"):
            call_command("move_provider", "Nowhere", name="northgate")
        out = StringIO()

        call_command("move_provider", "NORTHGATE hospital", name="northgate", stdout=out)

        row = IdentityProvider.objects.get(account=cast.northgate)
        assert (row.issuer, row.client_id) == (environment.issuer, oidc.CLIENT)
        assert f"/sign-in/organisation/{row.uuid}/back/" in out.getvalue()
        assert oidc.SECRET not in out.getvalue()
    finally:
        environment.server.shutdown()
        environment.server.server_close()
