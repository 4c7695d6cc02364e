"""Who makes a request, and from where."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from audit.actor import Actor, Kind


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in user at the request's IP address, or a person who is not signed in; one value for a request."""
    user = getattr(request, "user", None)
    kept: Actor | None = getattr(request, "_actor", None)
    # Signing in and out within the request makes another actor; a token acts for the whole of it.
    signed_in = user if user is not None and user.is_authenticated else None
    if kept is not None and (kept.user is signed_in or kept.kind not in (Kind.USER, Kind.STRANGER)):
        return kept
    ip_address = ip_address_of(request)
    actor = Actor.of(signed_in, ip_address) if signed_in is not None else Actor.stranger(ip_address)
    request._actor = actor  # type: ignore[attr-defined]  # roles that were read once are not read again
    return actor


def act_as(request: HttpRequest, actor: Actor, *, visit: str = "") -> None:
    """For a request that carries a token or belongs to a guest link: its actor, whoever may be signed in."""
    request._actor = actor  # type: ignore[attr-defined]  # read by `actor_of`
    request._visit = visit  # type: ignore[attr-defined]  # read by `visit_of`


def visit_of(request: HttpRequest) -> str:
    """What tells one visit of the actor from another: the session, or what a guest's opening began; "" for a token."""
    visit: str | None = getattr(request, "_visit", None)
    return visit if visit is not None else request.session.session_key or ""


def ip_address_of(request: HttpRequest) -> str | None:
    """The reader's IP address: of the last proxy that is not ours; None where it is not known."""
    ip_address = request.META.get("REMOTE_ADDR", "")
    if proxies := settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        ip_address = forwarded[-proxies] if len(forwarded) >= proxies else ""
    try:
        return str(ipaddress.ip_address(ip_address))
    except ValueError:
        return None
