"""The prepared pictures, as files: no pixel is decoded here, and each request checks the right anew."""

import logging
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of
from common.exceptions import NothingThere
from studies import services

log = logging.getLogger(__name__)

# A browser may keep a picture and must ask each time whether it still may show it.
CACHING = "private, no-cache"
NAME = "image.png"


@signed_in
@require_safe
def frame(request: HttpRequest, placement: UUID, instance: UUID, frame: int) -> HttpResponseBase:
    return _picture(request, placement=placement, instance=instance, part=services.Part.FRAME, frame=frame)


@signed_in
@require_safe
def thumbnail(request: HttpRequest, placement: UUID, instance: UUID) -> HttpResponseBase:
    return _picture(request, placement=placement, instance=instance, part=services.Part.THUMBNAIL)


def _picture(request: HttpRequest, **which: Any) -> HttpResponseBase:
    """A picture that is not prepared yet is answered as missing: the study's page shows that and asks again."""
    try:
        picture = services.open_instance(
            **which, by=actor_of(request), session=request.session.session_key or ""
        )
    except NothingThere as error:
        raise Http404 from error
    response: HttpResponseBase | None = get_conditional_response(request, etag=picture.etag)
    if response is None:
        response = _file(picture)
    response["Cache-Control"], response["ETag"] = CACHING, picture.etag
    return response


def _file(stored: services.StoredFile) -> HttpResponseBase:
    """The bytes, or the word to the proxy that it may send them: whoever comes so far may have them."""
    try:
        if settings.CIMAR_PROXY_SENDS_FILES:
            return _by_the_proxy(stored)
        return FileResponse(storages["dicom"].open(stored.key), content_type=stored.media_type, filename=NAME)
    except OSError as error:
        log.error("a prepared picture is not in the storage: %s", type(error).__name__)
        raise Http404 from error


def _by_the_proxy(stored: services.StoredFile) -> HttpResponse:
    if not storages["dicom"].exists(stored.key):
        raise FileNotFoundError(stored.key)
    headers = {
        "X-Accel-Redirect": f"/-/stored/{quote(stored.key)}",
        "Content-Disposition": content_disposition_header(as_attachment=False, filename=NAME) or "",
    }
    return HttpResponse(content_type=stored.media_type, headers=headers)
