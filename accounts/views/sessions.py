"""The browsers in which a person is signed in, and signing out of them."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import selectors
from accounts.decorators import signed_in
from accounts.services.sessions import end_sessions
from audit.requests import actor_of

WHY = "signed_out_elsewhere"


@signed_in
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/sessions.html", {"sessions": _mine(request)})


@signed_in
@require_POST
def end_session(request: HttpRequest, session: UUID) -> HttpResponse:
    other = next((mine for mine in _mine(request) if mine.uuid == session and not mine.is_this), None)
    if other is None:
        raise Http404
    keys = [other.row.session_key]
    end_sessions(user=request.user, sessions=keys, why=WHY, by=actor_of(request))
    messages.success(request, _("%(browser)s is signed out.") % {"browser": other.browser})
    return redirect("accounts:sessions")


@signed_in
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    keys = [mine.row.session_key for mine in _mine(request) if not mine.is_this]
    ended = end_sessions(user=request.user, sessions=keys, why=WHY, by=actor_of(request))
    messages.success(
        request,
        _("You are signed out everywhere except here.")
        if ended
        else _("You were not signed in anywhere else."),
    )
    return redirect("accounts:sessions")


def _mine(request: HttpRequest) -> list[selectors.Session]:
    demands = selectors.demands_on(request.user)
    return selectors.sessions_of(request.user, demands=demands, this=request.session.session_key)
