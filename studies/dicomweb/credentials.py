"""What a program sends of its token: as a bearer's, or as the password of Basic (ADR 0023)."""

import base64
import binascii

from django.http import HttpRequest

BEARER = 'Bearer realm="DICOMweb"'  # allowed: for programs
BASIC = 'Basic realm="DICOMweb: an access token as password", charset="UTF-8"'  # allowed: for programs


def secret_in(request: HttpRequest) -> str | None:
    """The token of the Authorization header; None where the header holds no kind of it that is taken."""
    scheme, _space, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic" and not _is_browser(request):
        return _password(value.strip())
    return None


def challenge_of(request: HttpRequest) -> str:
    """Browsers are not asked for Basic: their window would ask people for a password."""
    return BEARER if _is_browser(request) else f"{BEARER}, {BASIC}"


def _password(encoded: str) -> str | None:
    """Behind the first colon; the user name before it may be anything."""
    try:
        _name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeError):
        return None
    return password if colon else None


def _is_browser(request: HttpRequest) -> bool:
    """Every browser says of a request how it came to be, and no page can take that away.

    A browser repeats what was typed into its window for Basic with each request, also with one that another site made
    it send: from a browser Basic is therefore no credential.
    """
    return "Sec-Fetch-Mode" in request.headers or "Sec-Fetch-Site" in request.headers
