"""To an organisation's own sign-in page and back."""

from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from accounts.adapter.provider import PROVIDER, ProviderClient
from accounts.services import sessions
from audit.requests import actor_of

OUT_OF_REACH = gettext_noop(
    "We could not reach your organisation’s sign-in page. Try again, or sign in with your password."
)


@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """A page that refreshes to there at once: browsers apply the policy for forms also to a redirect after a form."""
    if request.user.is_authenticated:
        return redirect("home")
    try:
        answer = OAuth2LoginView.adapter_view(_client(request))(request)
    except (RequestException, OAuth2Error, KeyError, ValueError):
        sessions.note_failed_sign_in(email="", why="provider", by=actor_of(request))
        messages.error(request, _(OUT_OF_REACH))
        return redirect("account_login")
    page = render(request, "socialaccount/leave.html", {"to": answer["Location"]})
    page["Refresh"] = f"0; url={answer['Location']}"
    return page


@never_cache
@require_safe
def come_back(request: HttpRequest) -> HttpResponse:
    return OAuth2CallbackView.adapter_view(_client(request))(request)


def _client(request: HttpRequest) -> ProviderClient:
    client = ProviderClient(request, PROVIDER)
    try:
        client.get_provider()
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return client
