"""Every answer 403 leaves exactly one event, whichever code refused.

A refusal raises, and that undoes the action's transaction with everything recorded in it. The event is therefore
written here, when the answer is known and the action's transaction is over.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.utils.module_loading import import_string

from audit.actor import Actor
from audit.requests import actor_of
from audit.services import On, record_denied

Answer = Callable[[HttpRequest], HttpResponse]
FindOn = Callable[[Actor, Mapping[str, object]], On | None]


class RecordDenials:
    """Records who was refused what. It runs after the authentication, whose user the event names.

    What a refusal was about is the exception's `on`, where it has one; else the function that the setting
    CIMAR_DENIED_ON names reads it from the person and from the values in the request. Django's own handler writes
    the page with the sentence; a page that shows the sentence itself carries the exception as `response.refusal`.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.find_on: FindOn = import_string(settings.CIMAR_DENIED_ON)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 403:
            refusal = getattr(response, "refusal", None) or getattr(request, "refusal", None)
            by = actor_of(request)
            given = getattr(refusal, "on", None)
            record_denied(
                by=by,
                # An exception with the study or the worklist is more exact than the URL of the page.
                on=given if given is not None and given != On() else self.find_on(by, named_in(request)),
                what=action_of(request),
                why=str(refusal) if refusal is not None else "",
            )
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if isinstance(exception, PermissionDenied):
            request.refusal = exception  # type: ignore[attr-defined]  # read when the answer is recorded


def action_of(request: HttpRequest) -> str:
    """The method and the name of the page, not its URL, which may hold what the person typed."""
    match = request.resolver_match
    return f"{request.method} {match.view_name if match else 'unknown page'}"


def named_in(request: HttpRequest) -> dict[str, object]:
    """The values in the URL and in the form. Files are not received for the sake of a refusal."""
    named: dict[str, object] = dict(request.GET.dict())
    if request.content_type == "application/x-www-form-urlencoded":
        with suppress(SuspiciousOperation, UnreadablePostError):
            named |= request.POST.dict()
    return named | (request.resolver_match.kwargs if request.resolver_match else {})
