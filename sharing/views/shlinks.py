"""A guest link for programs: the manifest of its SMART Health Link, its files, and DICOMweb for its studies.

Programs of other sites read these, so every answer says that they may. None of these URLs knows a cookie: who asks is
known by what the URL, the passcode or the header says.
"""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from audit.requests import ip_address_of
from common.exceptions import NothingThere
from sharing.forms.guest import ManifestForm
from sharing.selectors.shlinks import named_by, read_access
from sharing.services import shlinks
from sharing.services.guest_visits import LinkOver, WrongPassword
from studies.dicomweb.credentials import secret_in
from studies.dicomweb.door import Entry

View = Callable[..., HttpResponseBase]


def for_programs(*methods: str) -> Callable[[View], View]:
    """Answer pages of other sites as well, and what they ask before they ask."""

    def decorate(view: View) -> View:
        @csrf_exempt
        @never_cache
        @require_http_methods([*methods, "OPTIONS"])
        @wraps(view)
        def answered(request: HttpRequest, **named: object) -> HttpResponseBase:
            response = HttpResponse(status=204) if request.method == "OPTIONS" else view(request, **named)
            response["Access-Control-Allow-Origin"] = "*"
            response["Access-Control-Allow-Methods"] = ", ".join(methods)
            response["Access-Control-Allow-Headers"] = (
                "Authorization, Accept, Content-Type"  # allowed: for programs
            )
            return response

        return answered

    return decorate


@for_programs("POST")
def manifest(request: HttpRequest, token: str) -> HttpResponseBase:
    """What is over is answered with 404, as the specification says, and a wrong passcode with the tries left."""
    if named_by(token) is None:
        return JsonResponse({}, status=404)
    form = ManifestForm.of(request.body)
    if not form.is_valid():
        return JsonResponse({"error": "recipient"}, status=400)
    try:
        answer = shlinks.open_manifest(token=token, ip_address=ip_address_of(request), **form.given())
    except (NothingThere, LinkOver):
        return JsonResponse({}, status=404)
    except WrongPassword as wrong:
        return JsonResponse({"remainingAttempts": wrong.tries_left}, status=401)
    except ValidationError as refusal:
        return JsonResponse({"remainingAttempts": (refusal.params or {}).get("tries_left")}, status=401)
    return JsonResponse(answer)


@for_programs("GET")
def file(request: HttpRequest, ticket: str) -> HttpResponseBase:
    try:
        written = shlinks.read_file(ticket=ticket, ip_address=ip_address_of(request))
    except NothingThere:
        return JsonResponse({}, status=404)
    return HttpResponse(written, content_type="application/jose")


def with_access(view: View) -> View:
    """DICOMweb below a guest link, for who has the access that the link's manifest gave."""

    @wraps(view)
    def entered(request: HttpRequest, **named: object) -> HttpResponseBase:
        link, access = _link_in(request), secret_in(request) or ""
        ticket = read_access(access)
        request.dicomweb_entry = Entry(  # type: ignore[attr-defined]  # allowed: the door of DICOMweb reads it
            ask=lambda: shlinks.visitor_of(access=access, link=link, ip_address=ip_address_of(request)),
            visit=ticket.visit if ticket is not None else "",
            beginning=f"/guest/{link}/dicomweb/",
        )
        return view(request, **named)

    return for_programs("GET", "HEAD")(entered)


def _link_in(request: HttpRequest) -> UUID:
    """The link that the URL begins with, as `sharing.middleware` read it."""
    link: UUID = request.guest_link_uuid  # type: ignore[attr-defined]
    return link
