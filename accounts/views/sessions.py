"""Where a person is signed in, and signing out there from here."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
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
    found = [one for one in _mine(request) if one.uuid == session and not one.is_this]
    if not found:
        raise Http404
    keys = [one.row.session_key for one in found]
    end_sessions(user=request.user, sessions=keys, why=WHY, by=actor_of(request))
    messages.success(request, f"{found[0].browser} is signed out.")
    return redirect("accounts:sessions")


@signed_in
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    keys = [one.row.session_key for one in _mine(request) if not one.is_this]
    ended = end_sessions(user=request.user, sessions=keys, why=WHY, by=actor_of(request))
    said = (
        "You were not signed in anywhere else." if not ended else "You are signed out everywhere except here."
    )
    messages.success(request, said)
    return redirect("accounts:sessions")


def _mine(request: HttpRequest) -> list[selectors.Session]:
    demands = selectors.demands_on(request.user)
    return selectors.sessions_of(request.user, demands=demands, this=request.session.session_key)
