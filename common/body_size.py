"""How much a request may send before it is known who sends it, and the answer when there is no room for it."""

import errno
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from common.formats import size_in_words

View = Callable[..., HttpResponse]
log = logging.getLogger(__name__)

# What a write answers on a full disk, past a quota, and past the largest file that is allowed.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SmallBodies:
    """Answers 413 to a body over CIMAR_LARGEST_BODY, unread, at every URL but those of `receives_files`.

    Its place is before the session and the CSRF check, which would receive the body to look for a token in it.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, *arguments: Any) -> HttpResponse | None:
        largest = settings.CIMAR_LARGEST_BODY
        if getattr(view, "receives_files", False) or body_size(request) <= largest:
            return None
        return render(request, "413.html", {"largest": size_in_words(largest)}, status=413)


def body_size(request: HttpRequest) -> int:
    """What the request announces; a body without a length is not read by Django at all."""
    announced = request.META.get("CONTENT_LENGTH") or ""
    return int(announced) if announced.isdecimal() else 0


def receives_files(allowed: View) -> Callable[[View], View]:
    """For the views that take large bodies: `allowed` raises before the body is read where the person may not send any.

    It is called with the view's own arguments: the session and the URL have to be enough. The CSRF check needs the
    form, so its turn comes next. A disk that is full, while the form is received or its files are kept, is a 507.
    """

    def decorate(view: View) -> View:
        protected = csrf_protect(view)

        @wraps(view)
        def received(request: HttpRequest, *arguments: object, **named: object) -> HttpResponse:
            allowed(request, *arguments, **named)
            try:
                return protected(request, *arguments, **named)
            except OSError as error:
                if error.errno not in NO_ROOM:
                    raise
                log.error("there is no room for files that were sent (%s)", errno.errorcode[error.errno])
                return _no_room(request)

        received.receives_files = True  # type: ignore[attr-defined]  # SmallBodies reads it
        return csrf_exempt(received)

    return decorate


def _no_room(request: HttpRequest) -> HttpResponse:
    sentence = _(
        "The server has no room for these files; nothing of them was kept. Tell your IT, and send them again later."
    )
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"sentence": sentence}, status=507)
    return render(request, "507.html", {"sentence": sentence}, status=507)
