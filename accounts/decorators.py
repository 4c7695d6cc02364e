"""Which pages are for signed-in people."""

from collections.abc import Callable
from functools import wraps

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actor import Kind
from audit.requests import actor_of

FOR_ADMINISTRATORS = gettext_noop("The administration pages are for administrators.")
# In the home page's URL after a sign-in that took the place of a post: the page says that nothing was done.
UNSENT = "unsent"
SIGN_IN_AGAIN = gettext_noop("Please sign in again.")

# For pages that change how one signs in, or give a program access: the person confirms a moment before that it is them.
confirmed = reauthentication_required(app="allauth.mfa")


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For every page that is not public. The few that the holder of a guest link has are mounted for them elsewhere.

    A request for a part of a page, or of a script for data, is answered 401: the page asks to sign in and keeps what
    was typed. A whole page redirects to sign-in and back; a post cannot be repeated, so sign-in then redirects to the
    home page, which says so.
    """

    @wraps(view)
    def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.user.is_authenticated or actor_of(request).kind is Kind.GUEST_LINK:
            return view(request, *args, **kwargs)
        return to_sign_in(request)

    return checked


def _asked_by_script(request: HttpRequest) -> bool:
    """Whether a script reads data, by what browsers say of each request (Fetch Metadata).

    A redirect is of no use to a script, and a browser at times refuses it as if it led to another site: the viewer then
    said that the connection was lost.
    """
    asked = request.headers.get("Sec-Fetch-Dest"), request.headers.get("Sec-Fetch-Mode")
    return request.method in ("GET", "HEAD") and asked == ("empty", "cors")


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """The answer to a person who is not signed in."""
    if request.headers.get("HX-Request") == "true" or _asked_by_script(request):
        return HttpResponse(
            _(SIGN_IN_AGAIN), status=401, content_type="text/plain", headers={"HX-Reswap": "none"}
        )
    if request.method in ("GET", "HEAD"):
        return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))
    return redirect_to_login(f"{reverse('home')}?{UNSENT}=yes", resolve_url(settings.LOGIN_URL))
