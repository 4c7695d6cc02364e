"""The prepared pictures and the originals as files: no pixel is decoded here, each request checks the right anew."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of, visit_of
from common.exceptions import NothingThere
from studies import services
from studies.byte_ranges import asked_range
from studies.sent_file import sent_pieces, stored_bytes

log = logging.getLogger(__name__)

# A browser may keep a picture and must ask each time whether it still may show it.
CACHING = "private, no-cache"
NAMES = {"image/png": "image.png", "application/dicom": "image.dcm", services.PACK: "series.pack"}


@signed_in
@require_safe
def frame(request: HttpRequest, placement: UUID, instance: UUID, frame: int) -> HttpResponseBase:
    return _stored(request, placement=placement, instance=instance, part=services.Part.FRAME, frame=frame)


@signed_in
@require_safe
def thumbnail(request: HttpRequest, placement: UUID, instance: UUID) -> HttpResponseBase:
    return _stored(request, placement=placement, instance=instance, part=services.Part.THUMBNAIL)


@signed_in
@require_safe
def original(request: HttpRequest, placement: UUID, instance: UUID) -> HttpResponseBase:
    """The file as received or corrected, for what cannot be shown here. Its name says nothing of the patient."""
    return _stored(request, placement=placement, instance=instance, part=services.Part.ORIGINAL)


@signed_in
@require_safe
def pixels(request: HttpRequest, placement: UUID, pack: UUID) -> HttpResponseBase:
    """The packed frames of a series, whole or a range of them."""
    return _answer(request, services.open_pack, placement=placement, pack=pack)


def _stored(request: HttpRequest, **which: Any) -> HttpResponseBase:
    """A picture that is not prepared yet is answered as missing: the study's page shows that and asks again."""
    return _answer(request, services.open_instance, **which)


def _answer(
    request: HttpRequest, opened: Callable[..., services.StoredFile], **which: Any
) -> HttpResponseBase:
    try:
        stored = opened(**which, by=actor_of(request), session=visit_of(request))
    except NothingThere as error:
        raise Http404 from error
    response: HttpResponseBase | None = get_conditional_response(request, etag=stored.etag)
    if response is None:
        response = _range(request, stored) if stored.media_type == services.PACK else _file(stored)
    response["Cache-Control"], response["ETag"] = CACHING, stored.etag
    return response


def _range(request: HttpRequest, stored: services.StoredFile) -> HttpResponseBase:
    """Of a pack what was asked for. The proxy reads the range by itself, but does not know our tags."""
    size = stored.size or 0
    wanted = asked_range(request, size, stored.etag)
    if wanted is not None and not wanted:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    is_plain = "If-Range" not in request.headers
    if wanted is None or (settings.CIMAR_PROXY_SENDS_FILES and is_plain):
        response = _file(stored)
        response["Accept-Ranges"] = "bytes"
        return response
    if not storages["dicom"].exists(stored.key):
        log.error("a pack is not in the storage")
        raise Http404
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(len(wanted)),
        "Content-Range": f"bytes {wanted.start}-{wanted.stop - 1}/{size}",
    }
    pieces = stored_bytes(stored.key, start=wanted.start, size=len(wanted))
    return StreamingHttpResponse(pieces, status=206, content_type=stored.media_type, headers=headers)


def _file(stored: services.StoredFile) -> HttpResponseBase:
    """The bytes, or the word to the proxy that it may send them: the right was checked before."""
    try:
        if stored.changes:
            return _corrected(stored)
        if settings.CIMAR_PROXY_SENDS_FILES:
            return _by_the_proxy(stored)
        return FileResponse(
            storages["dicom"].open(stored.key),
            content_type=stored.media_type,
            as_attachment=not _is_picture(stored),
            filename=NAMES[stored.media_type],
        )
    except OSError as error:
        log.error("a stored file is not in the storage: %s", type(error).__name__)
        raise Http404 from error


def _corrected(stored: services.StoredFile) -> HttpResponseBase:
    """A file that its home corrected is written as it is sent."""
    if not storages["dicom"].exists(stored.key):
        raise FileNotFoundError(stored.key)
    return StreamingHttpResponse(
        sent_pieces(stored.key, stored.changes),
        content_type=stored.media_type,
        headers={"Content-Disposition": f'attachment; filename="{NAMES[stored.media_type]}"'},
    )


def _by_the_proxy(stored: services.StoredFile) -> HttpResponse:
    if not storages["dicom"].exists(stored.key):
        raise FileNotFoundError(stored.key)
    headers = {
        "X-Accel-Redirect": f"/-/stored/{quote(stored.key)}",
        "Content-Disposition": content_disposition_header(
            as_attachment=not _is_picture(stored), filename=NAMES[stored.media_type]
        )
        or "",
    }
    return HttpResponse(content_type=stored.media_type, headers=headers)


def _is_picture(stored: services.StoredFile) -> bool:
    """A picture is part of a page, and so is a pack; an original is for the reader's disk."""
    return stored.media_type != "application/dicom"
