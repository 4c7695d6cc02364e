"""What a client accepts, in all its spellings: the header, `accept=` in the query, quotes or none, one part or many."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest
from django.utils.http import parse_header_parameters

ANY = "*"
# At commas outside of quotes.
_APART = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
LONGEST = 4096


class NotAcceptable(Exception):
    """Nothing that the client accepts can be had: a 406."""


class BadRequest(Exception):
    """A request that says something impossible: a 400 with the sentence."""


@dataclass(frozen=True)
class Accepted:
    """An answer that the client accepts. `many` says whether it has many parts; None: it may."""

    media_type: str
    many: bool | None = None
    transfer_syntax: str = ""
    quality: float = 1.0

    def fits(self, media_type: str) -> bool:
        kind, _, name = self.media_type.partition("/")
        return kind in (ANY, media_type.partition("/")[0]) and name in (ANY, media_type.partition("/")[2])

    @property
    def is_any(self) -> bool:
        return self.media_type == "*/*"


def accepted(request: HttpRequest) -> list[Accepted]:
    """The best first. Without a word everything is accepted; the query's `accept` counts before the header."""
    # A plus sign in a query is a space, unless it was written %2B.
    text = (
        ",".join(request.GET.getlist("accept"))
        .replace("dicom json", "dicom+json")
        .replace("dicom xml", "dicom+xml")
    )
    return list(_choices((text or request.headers.get("Accept", ""))[:LONGEST]))


@lru_cache(maxsize=256)
def _choices(text: str) -> tuple[Accepted, ...]:
    """A client says the same a thousand times."""
    if not text.strip():
        return (Accepted("*/*"),)
    parsed = [each for part in _APART.split(text) if (each := _parsed(part)) is not None]
    return tuple(sorted((each for each in parsed if each.quality > 0), key=lambda each: -each.quality))


def _parsed(text: str) -> Accepted | None:
    media_type, parameters = parse_header_parameters(text.strip())
    if media_type.count("/") != 1:
        return None
    many: bool | None = False
    if media_type.startswith("multipart/"):
        many, media_type = True, parameters.get("type", "").lower() or "*/*"
    elif media_type == "*/*":
        many = None
    try:
        quality = float(parameters.get("q", "1"))
    except ValueError:
        quality = 1.0
    return Accepted(media_type, many, parameters.get("transfer-syntax", ""), quality)


def first_of(request: HttpRequest, media_types: Collection[str]) -> str:
    """The single-part media type that the client prefers of these, in our order where it has no preference."""
    for each in accepted(request):
        for media_type in media_types:
            if each.many is not True and each.fits(media_type):
                return media_type
    raise NotAcceptable
