"""Signs people out after half an hour without a request."""

import time
from collections.abc import Callable

from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

# Saving the session on every request would cost each image a write; once a minute keeps it alive as well.
TOUCH_EVERY = 60


class IdleMiddleware:
    """Moves the end of a signed-in session along while its owner works."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session = request.session
        # A session nobody looked at is not loaded for our sake.
        if (
            session.accessed
            and SESSION_KEY in session
            and time.time() - session.get("touched", 0) > TOUCH_EVERY
        ):
            session["touched"] = int(time.time())
        return response
