"""Times in the reader's zone, and a second factor where an account requires one."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.selectors import demands_on
from common.timezones import zone_named

Answer = Callable[[HttpRequest], HttpResponse]


def is_signed_in(request: HttpRequest) -> bool:
    """Without a session cookie no one is signed in, and no query is needed."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated


class TimeZoneMiddleware:
    """Makes the signed-in person's zone the active one for this request."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_signed_in(request):
            return self.get_response(request)
        with timezone.override(zone_named(request.user.timezone)):
            return self.get_response(request)


# The pages that stay open to a person without the second factor that their account requires: those on which it is set
# up, those of their own sign-in, and those on which they leave the account. Every other page is closed, also in the
# administration.
OPEN_WITHOUT_FACTOR = {
    "accounts:second_factor_required",
    "accounts:second_factor",
    "accounts:add_app",
    "accounts:add_key",
    "accounts:sessions",
    "accounts:end_session",
    "accounts:end_other_sessions",
    # A person who does not accept an account's demands leaves it.
    "sharing:memberships",
    "sharing:leave_account",
    "account_change_password",
    "account_reauthenticate",
    "account_logout",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
}
# DICOMweb answers programs: without the factor it refuses by itself, and sends no one to a page.
OPEN_PATHS = ("/health/", "/dicomweb/")


class SecondFactorMiddleware:
    """Before an account's date: a reminder on every page. From then on: only the pages to set a factor up.

    The platform's demand on superusers has no date.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_signed_in(request):
            demands = demands_on(request.user)
            # Read by the page frame.
            # The base template shows it.
            request.factor_reminder = demands if demands.factor_is_missing else None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        demands = getattr(request, "factor_reminder", None)
        if demands is None or not demands.factor_is_overdue or is_open(request):
            return None
        to = reverse("accounts:second_factor_required")
        if request.headers.get("HX-Request") == "true":
            headers = {"HX-Redirect": to, "HX-Reswap": "none"}
            return HttpResponse(demands.sentence, status=403, content_type="text/plain", headers=headers)
        return redirect(to)


def is_open(request: HttpRequest) -> bool:
    match = request.resolver_match
    return request.path.startswith(OPEN_PATHS) or (
        match is not None and match.view_name in OPEN_WITHOUT_FACTOR
    )
