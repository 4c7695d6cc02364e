"""The pages of a guest link: a small site of its own below `/guest/<uuid of the link>/`.

It knows neither who is signed in in the same browser nor any URL of the site but the few in `sharing.guest_urls`: what
those pages link to is made below the same beginning.
"""

import re
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, set_script_prefix

from sharing import guest_cookie

BELOW = re.compile(r"/guest/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(/.*)")
BEGINNING = "/guest/"
URLS = "sharing.guest_urls"
FRAME = "guest/base.html"


class GuestPages:
    """Its place is before the session: the pages of a guest link neither read nor touch the site's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(BEGINNING):
            return self.get_response(request)
        below = BELOW.fullmatch(request.path_info)
        return _hidden(self.get_response(request) if below is None else self._below(request, *below.groups()))

    def _below(self, request: HttpRequest, link: str, path: str) -> HttpResponse:
        kept, prefix = guest_cookie.read(request.COOKIES, UUID(link)), get_script_prefix()
        request.urlconf, request.path_info = URLS, path
        # The frame is what the templates extend; the rest is read by the views.
        request.page_frame, request.guest = FRAME, kept  # type: ignore[attr-defined]
        request.guest_link_uuid = UUID(link)  # type: ignore[attr-defined]
        _set_apart(request, kept)
        set_script_prefix(f"{prefix.rstrip('/')}{BEGINNING}{link}/")
        try:
            response = self.get_response(request)
        finally:
            set_script_prefix(prefix)
        response.cookies.pop(settings.CSRF_COOKIE_NAME, None)
        return response


def _set_apart(request: HttpRequest, kept: guest_cookie.Kept | None) -> None:
    """The forms of a guest's pages have their secret from the link's cookie; the site's session stays away."""
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        request.COOKIES.pop(name, None)
    if kept is not None:
        request.COOKIES[settings.CSRF_COOKIE_NAME] = kept.secret
    # Under `no-referrer` browsers name no origin for a form, not even to its own: Django would refuse it. Whether the
    # form is ours its secret says; where a browser says that another site sent it, it stays refused.
    is_own = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    if request.META.get("HTTP_ORIGIN") == "null" and is_own:
        request.META["HTTP_ORIGIN"] = f"{request.scheme}://{request.get_host()}"


def _hidden(response: HttpResponse) -> HttpResponse:
    """No search engine lists it, and nothing that is opened from it learns its URL."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    return response
