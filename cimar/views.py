"""Pages that belong to no app: the home page and the component gallery."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from accounts.decorators import UNSENT
from accounts.selectors.memberships import accounts_of_member
from cimar import gallery as samples

NOTHING_WAS_DONE = gettext_noop(
    "You had been signed out when you pressed the button. Nothing was shared, sent or changed: please do it again."
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("account_login")
    if UNSENT in request.GET:
        messages.warning(request, _(NOTHING_WAS_DONE))
    # Who works for no account has a worklist of their own alone: they came for what was shared with them.
    return redirect("studies:list" if accounts_of_member(request.user) else "sharing:shared_with_me")


@require_safe
def manual(request: HttpRequest) -> HttpResponse:
    return render(request, "about/manual.html")


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    """Whom to ask: the contact of each of the reader's own organisations, and that of the platform."""
    user = request.user
    accounts = accounts_of_member(user) if user.is_authenticated else []
    return render(request, "about/contact.html", {"accounts": accounts, "platform": settings.CIMAR_CONTACT})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "about/privacy.html", {"notice": settings.CIMAR_PRIVACY_NOTICE})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "about/accessibility.html")


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    if not settings.CIMAR_DEVELOPMENT:
        raise Http404
    shown = samples.everything(broken="broken" in request.GET, size=request.GET.get("size", ""))
    return render(request, "gallery.html", shown)
