"""Sign-in by an organisation's own OpenID Connect provider.

The provider identifies a person by an email that it has verified; the person must be registered already. This sign-in
registers no one, links nothing, and replaces the password alone: a second factor set up here is still required.
"""

from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts import mail
from accounts.models import IdentityProvider, User
from accounts.selectors import demands_on, users_at
from accounts.selectors.providers import domain_of, domains_of, provider_for, provider_with
from accounts.services import sessions
from audit.requests import actor_of
from common.text import identity

PROVIDER = "organisation"

UNVERIFIED = gettext_noop("{name} has not confirmed your email address, so you cannot sign in with it here.")
# Followed by who can invite: sharing/_who_invites.html.
UNKNOWN = gettext_noop("There is no account for {email}.")
OTHER_DOMAIN = gettext_noop("{name} does not sign people in with this email address. Use your password.")
NEEDS_FACTOR = gettext_noop(
    "Sign in with your password and set up a second factor first: you help to run the platform."
)
CANCELLED = gettext_noop("You did not sign in with {name}.")
NOT_UNDERSTOOD = gettext_noop(
    "Signing in with {name} did not work. Try again, or sign in with your password."
)


class ProviderAdapter(DefaultSocialAccountAdapter):
    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The provider of the environment, or the account's that is asked for; never a list of accounts."""
        apps = [SocialApp(provider="openid_connect", **app) for app in _configured()]
        apps = [app for app in apps if provider in (None, app.provider, app.provider_id)]
        if not apps and provider not in (None, PROVIDER, "openid_connect"):
            row = provider_with(provider)
            apps = [_app_of(row)] if row is not None else []
        return apps

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> "OrganisationProvider":
        return OrganisationProvider(request, app=self.get_app(request, provider, client_id))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str]:
        """The person whose proved email the provider has verified; raises the answer where there is no such person."""
        name = sociallogin.provider.app.name
        claims = claims_in(sociallogin.account.extra_data)
        email = identity(str(claims.get("email") or ""))
        # A provider's "false" as text would count as true.
        if not email or claims.get("email_verified") is not True:
            self._refuse(email, "unverified", _(UNVERIFIED).format(name=name))
        if email.rpartition("@")[2] not in sociallogin.provider.app.settings.get("domains", ()):
            self._refuse(email, "provider", _(OTHER_DOMAIN).format(name=name))
        user = users_at([email]).get(email)
        if user is not None and user.is_superuser and not demands_on(user).has_factor:
            self._refuse(email, "provider", _(NEEDS_FACTOR))
        if user is None:
            who_invites = render_to_string("sharing/_who_invites.html").strip()
            self._refuse(email, "unknown", f"{_(UNKNOWN).format(email=email)} {who_invites}")
        return user, email

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        if sociallogin.state.get("process") != "login":
            name = sociallogin.provider.app.name
            self._refuse("", "provider", _(NOT_UNDERSTOOD).format(name=name))

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, **more: Any
    ) -> NoReturn:
        """Cancelled, forged, or the provider does not answer: the sign-in page again, with a sentence."""
        sentence = CANCELLED if error == AuthError.CANCELLED else NOT_UNDERSTOOD
        self._refuse("", "provider", _(sentence).format(name=provider.app.name))

    def _refuse(self, email: str, why: str, sentence: str) -> NoReturn:
        sessions.note_failed_sign_in(email=email, why=why, by=actor_of(self.request))
        messages.error(self.request, sentence)
        raise ImmediateHttpResponse(redirect("account_login"))


def provider_id_for(email: str) -> str:
    """Of the provider that vouches for the email's domain; empty where none does."""
    if (row := provider_for(email)) is not None:
        return str(row.uuid)
    own = any(domain_of(email) in app["settings"].get("domains", ()) for app in _configured())
    return PROVIDER if own else ""


def _configured() -> list[dict[str, Any]]:
    apps: list[dict[str, Any]] = settings.SOCIALACCOUNT_PROVIDERS.get("openid_connect", {}).get("APPS", [])
    return apps


def _app_of(row: IdentityProvider) -> SocialApp:
    """Named as the account is: a name that the platform has confirmed."""
    return SocialApp(
        provider="openid_connect",
        provider_id=str(row.uuid),
        name=row.account.name,
        client_id=row.client_id,
        secret=settings.CIMAR_OIDC_SECRETS[row.name],
        settings={"server_url": row.issuer, "domains": domains_of(row), "oauth_pkce_enabled": True},
    )


def claims_in(data: dict[str, Any]) -> dict[str, Any]:
    """The claims about the email, all from the same document."""
    claims: dict[str, Any] = data["userinfo"] if "email" in data["userinfo"] else data["id_token"]
    return claims


class ProviderClient(OpenIDConnectOAuth2Adapter):
    """allauth's client, which also verifies each token's signature and that both answers are about the same person."""

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        if app.provider_id == PROVIDER:
            return mail.link(reverse("provider_back"))
        return mail.link(reverse("provider_own_back", args=[app.provider_id]))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> SocialLogin:
        if not kwargs["response"].get("id_token"):
            raise OAuth2Error("no id_token")
        try:
            login = super().complete_login(request, app, token, **kwargs)
            data = login.account.extra_data
            same = data["userinfo"]["sub"] == data["id_token"]["sub"]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise OAuth2Error("an answer that cannot be read") from error
        if not same:
            raise OAuth2Error("userinfo of another person")
        return login

    def _decode_id_token(self, app: SocialApp, id_token: str) -> dict[str, Any]:
        claims: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return claims


class OrganisationProvider(OpenIDConnectProvider):
    oauth2_adapter_class = ProviderClient
