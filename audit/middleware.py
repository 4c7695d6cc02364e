"""Every 403 leaves exactly one line, wherever it came from.

A refusal raises, and that undoes the deed's transaction and whatever was recorded in it. So the line is written here,
when the answer is known and the deed's transaction is over.
"""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.module_loading import import_string

from audit.services import On, record_denied

Answer = Callable[[HttpRequest], HttpResponse]


class DeniedDeeds:
    """Records who was refused what. It stands after the authentication, whose user it names.

    What a refusal was about is the exception's `on`, where it has one; else the function that the setting
    CIMAR_DENIED_ON names finds it from the request. Django's own handler writes the page with the sentence.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.find_on: Callable[[HttpRequest], On | None] = import_string(
            settings.CIMAR_DENIED_ON
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 403:
            refusal = getattr(request, "refusal", None)
            given = getattr(refusal, "on", None)
            record_denied(
                by=getattr(request, "user", None),
                # An exception that knows the study or the worklist says more than the address of the page.
                on=given
                if given is not None and given != On()
                else self.find_on(request),
                what=deed_of(request),
                why=str(refusal) if refusal is not None else "",
                address=client_address(request),
            )
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if isinstance(exception, PermissionDenied):
            request.refusal = exception  # type: ignore[attr-defined]


def deed_of(request: HttpRequest) -> str:
    """The method and the name of the page: an address may hold what somebody typed."""
    match = request.resolver_match
    return f"{request.method} {match.view_name if match else 'unknown page'}"


def client_address(request: HttpRequest) -> str | None:
    """The reader's address: of the last proxy that is not ours; none where it cannot be told."""
    address = request.META.get("REMOTE_ADDR", "")
    if proxies := settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        forwarded = [
            part.strip()
            for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        ]
        address = forwarded[-proxies] if len(forwarded) >= proxies else ""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None
