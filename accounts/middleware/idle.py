"""Signs people out after a time without a request: that of their accounts, else the platform's."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from accounts.middleware.demands import is_signed_in
from accounts.selectors import Demands, demands_on
from accounts.services import sessions
from audit import clock
from audit.requests import actor_of, ip_address_of

# Saving the session on every request would cost each image a write; once a minute keeps it alive as well.
TOUCH_EVERY = 60


class IdleMiddleware:
    """Ends a session that has been idle for too long, and notes once a minute that it is in use."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person: Any = request.user if is_signed_in(request) else None
        if person is not None and _idle_for_too_long(request, demands_on(person)):
            sessions.end_idle(
                by=actor_of(request),
                session=request.session.session_key,
                end=request.session.flush,
            )
            request.user = AnonymousUser()
        response = self.get_response(request)
        # A session that the view did not read is not loaded for this.
        if request.session.accessed and SESSION_KEY in request.session:
            _touch(request)
        return response


def _idle_for_too_long(request: HttpRequest, demands: Demands) -> bool:
    touched = request.session.get("touched", demands.at.timestamp())
    return demands.at.timestamp() - touched > demands.idle.total_seconds()


def _touch(request: HttpRequest) -> None:
    # The person was read together with the time; after signing in the clock is read.
    now = (getattr(request.user, "asked_at", None) or clock.now()).timestamp()
    if now - request.session.get("touched", 0) > TOUCH_EVERY:
        request.session["touched"] = int(now)
        if request.session.session_key:
            sessions.note_seen(session=request.session.session_key, ip_address=ip_address_of(request))
