"""A range of a single part (RFC 9110 section 14): one range of bytes, or the whole."""

import re
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from studies.dicomweb.parts import Part, single, stored_bytes

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
    return range(int(first), min(int(last), size - 1) + 1 if last else size)


def part_of(part: Part, key: str, wanted: range, *, at: int = 0) -> HttpResponseBase:
    """The bytes of the stored file from `at` on that were asked for, or 416."""
    if not wanted:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{part.size}"})
    pieces = partial(stored_bytes, key, start=at + wanted.start, size=len(wanted))
    response = single(Part(part.content_type, len(wanted), pieces))
    response.status_code = 206
    response["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{part.size}"
    return response


def sent_bytes(request: HttpRequest, data: bytes, media_type: str, etag: str) -> HttpResponseBase:
    """What is in memory already, whole or the range of it that was asked for."""
    wanted = asked_range(request, len(data), etag)
    if wanted is None:
        return HttpResponse(data, content_type=media_type, headers={"Accept-Ranges": "bytes"})
    if not wanted:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
    headers = {"Content-Range": f"bytes {wanted.start}-{wanted.stop - 1}/{len(data)}"}
    return HttpResponse(
        data[wanted.start : wanted.stop], status=206, content_type=media_type, headers=headers
    )
