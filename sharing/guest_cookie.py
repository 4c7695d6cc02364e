"""What a browser keeps of a guest link: that it came by the link's URL, and the visit once the link was opened there.

Signed, so that it cannot be made; one cookie for each link, sent to no other page than those of guest links. It holds
neither the token nor a word about the patient.
"""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http.response import HttpResponseBase
from django.utils.crypto import get_random_string

PATH = "/guest/"
# A visit ends after a working day, whatever the link still allows.
LONGEST_VISIT = timedelta(hours=12)
_SALT = "cimar.guest-cookie"
SECRET_LENGTH = 32  # as Django's check of forms takes it


@dataclass(frozen=True, kw_only=True)
class Kept:
    """`secret` is carried by the forms of the link's pages, `arrived` says when its URL was read.

    `visit` is empty until the link is opened.
    """

    link: UUID
    generation: int
    secret: str
    arrived: str = ""
    visit: str = ""

    def opened(self) -> "Kept":
        """With a visit of its own, which counts as one session where images are served."""
        return replace(self, visit=secrets.token_urlsafe(16))


def arrived(link: UUID, generation: int, *, at: str) -> Kept:
    return Kept(link=link, generation=generation, secret=get_random_string(SECRET_LENGTH), arrived=at)


def name_of(link: UUID) -> str:
    return f"guest-{link.hex}"


def read(cookies: Mapping[str, str], link: UUID) -> Kept | None:
    """What the browser kept of this link; None where it kept nothing, or not what we gave it."""
    try:
        values: dict[str, Any] = signing.loads(
            cookies.get(name_of(link), ""), salt=_SALT, max_age=LONGEST_VISIT
        )
    except signing.BadSignature:
        return None
    kept = Kept(**{**values, "link": UUID(values["link"])})
    return kept if kept.link == link else None


def write(response: HttpResponseBase, kept: Kept) -> None:
    """Until the browser is closed; out of reach for scripts."""
    response.set_cookie(
        name_of(kept.link),
        signing.dumps({**asdict(kept), "link": kept.link.hex}, salt=_SALT),
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponseBase, link: UUID) -> None:
    response.delete_cookie(name_of(link), path=PATH, samesite="Lax")
