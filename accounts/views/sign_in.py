"""The admin's door: it has no sign-in page of its own."""

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_safe


@require_safe
def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Whoever is signed in and was sent here anyway may not enter; others sign in where everybody does."""
    if request.user.is_authenticated:
        raise PermissionDenied("The administration pages are for administrators.")
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return redirect_to_login(wanted if safe else reverse("admin:index"), reverse("account_login"))
