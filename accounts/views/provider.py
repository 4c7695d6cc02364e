"""To an organisation's own sign-in page and back."""

from uuid import UUID

from allauth.core.internal import ratelimit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from requests import RequestException

from accounts.adapter.provider import PROVIDER, ProviderClient, provider_id_for
from accounts.forms import OrganisationForm
from accounts.selectors.providers import provider_with
from accounts.services import sessions
from audit.requests import actor_of

OUT_OF_REACH = gettext_noop(
    "We could not reach your organisation’s sign-in page. Try again, or sign in with your password."
)
NO_PROVIDER = gettext_noop("People with this email domain sign in with a password.")


@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """To the provider of the environment."""
    return _leave(request, _client(request, PROVIDER))


@never_cache
@require_safe
def come_back(request: HttpRequest) -> HttpResponse:
    return OAuth2CallbackView.adapter_view(_client(request, PROVIDER))(request)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@ratelimit.decorator(app="allauth.account", action="login")
def find(request: HttpRequest) -> HttpResponse:
    """The provider is chosen by the email's domain, and the answer is the same for every email of a domain."""
    if request.user.is_authenticated:
        return redirect("home")
    form = OrganisationForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if provider := provider_id_for(form.cleaned_data["email"]):
            return _leave(request, _client(request, provider))
        form.add_error("email", _(NO_PROVIDER))
    context = {"form": form, "next": request.POST.get("next") or request.GET.get("next", "")}
    return render(request, "socialaccount/find.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest, provider: UUID) -> HttpResponse:
    """An account's own sign-in URL, which it gives to its people and no one can guess."""
    client = _client(request, str(provider))
    if request.user.is_authenticated:
        return redirect("home")
    if request.method == "POST":
        return _leave(request, client)
    context = {"provider": provider_with(provider), "next": request.GET.get("next", "")}
    return render(request, "socialaccount/own.html", context)


@never_cache
@require_safe
def own_back(request: HttpRequest, provider: UUID) -> HttpResponse:
    return OAuth2CallbackView.adapter_view(_client(request, str(provider)))(request)


def _leave(request: HttpRequest, client: ProviderClient) -> HttpResponse:
    """A page that refreshes to there at once: browsers apply the policy for forms also to a redirect after a form."""
    if request.user.is_authenticated:
        return redirect("home")
    try:
        answer = OAuth2LoginView.adapter_view(client)(request)
    except (RequestException, OAuth2Error, KeyError, ValueError):
        sessions.note_failed_sign_in(email="", why="provider", by=actor_of(request))
        messages.error(request, _(OUT_OF_REACH))
        return redirect("account_login")
    page = render(request, "socialaccount/leave.html", {"to": answer["Location"]})
    page["Refresh"] = f"0; url={answer['Location']}"
    return page


def _client(request: HttpRequest, provider: str) -> ProviderClient:
    client = ProviderClient(request, provider)
    try:
        client.get_provider()
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return client
