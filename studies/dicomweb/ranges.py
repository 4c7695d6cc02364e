"""A range of a single part (RFC 9110 section 14): one range of bytes, or the whole."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from studies.byte_ranges import asked_range
from studies.dicomweb.parts import Part, single, stored_bytes
from studies.sent_file import range_on_disk


def part_of(part: Part, key: str, wanted: range, *, at: int = 0) -> HttpResponseBase:
    """The bytes of the stored file from `at` on that were asked for, or 416."""
    if not wanted:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{part.size}"})
    start, size = at + wanted.start, len(wanted)
    pieces = partial(stored_bytes, key, start=start, size=size)
    on_disk = range_on_disk(key, start=start, size=size)
    response = single(Part(part.content_type, size, pieces, on_disk=on_disk))
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
