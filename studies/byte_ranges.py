"""Which bytes of a file a request wants (RFC 9110 section 14): one range, or the whole."""

import re

from django.http import HttpRequest

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def asked_range(request: HttpRequest, size: int, etag: str) -> range | None:
    """The bytes asked for; None for all of them, an empty range where there are none of these.

    Several ranges, and anything else that is not understood, are answered with the whole, as the RFC allows.
    """
    match = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if match is None or request.headers.get("If-Range", etag) != etag or match[0] == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        return range(max(size - int(last), 0), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(int(last), size - 1) + 1 if last else size)
