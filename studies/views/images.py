"""The prepared pictures and the originals as files: no pixel is decoded here, each request checks the right anew."""

import logging
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
from audit.requests import actor_of
from common.exceptions import NothingThere
from studies import services
from studies.sent_file import sent_pieces

log = logging.getLogger(__name__)

# A browser may keep a picture and must ask each time whether it still may show it.
CACHING = "private, no-cache"
NAMES = {"image/png": "image.png", "application/dicom": "image.dcm"}


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


def _stored(request: HttpRequest, **which: Any) -> HttpResponseBase:
    """A picture that is not prepared yet is answered as missing: the study's page shows that and asks again."""
    try:
        stored = services.open_instance(
            **which, by=actor_of(request), session=request.session.session_key or ""
        )
    except NothingThere as error:
        raise Http404 from error
    response: HttpResponseBase | None = get_conditional_response(request, etag=stored.etag)
    if response is None:
        response = _file(stored)
    response["Cache-Control"], response["ETag"] = CACHING, stored.etag
    return response


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
    """A picture is part of a page; an original is for the reader's disk."""
    return stored.media_type == "image/png"
