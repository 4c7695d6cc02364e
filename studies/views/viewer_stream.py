"""A document or a video out of a stored file: whole, or the range of it that a player asks for."""

from collections.abc import Iterator

from django.core.files.storage import storages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

from studies.byte_ranges import asked_range
from studies.services.beside import PDF, Stream
from studies.views.images import CACHING

PIECE = 256 * 1024
NAMES = {PDF: "document.pdf", "video/mp4": "video.mp4", "video/webm": "video.webm"}


def sent_stream(request: HttpRequest, stream: Stream) -> HttpResponseBase:
    """Its file name says nothing of the patient."""
    response: HttpResponseBase | None = get_conditional_response(request, etag=stream.etag)
    if response is None:
        response = _sent(stream, asked_range(request, stream.size, stream.etag))
        response["Content-Disposition"] = f'inline; filename="{NAMES[stream.media_type]}"'
        response["Accept-Ranges"] = "bytes"
    response["Cache-Control"], response["ETag"] = CACHING, stream.etag
    return response


def _sent(stream: Stream, wanted: range | None) -> HttpResponseBase:
    if wanted is not None and not wanted:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{stream.size}"})
    shown = range(stream.size) if wanted is None else wanted
    response = StreamingHttpResponse(_pieces(stream, shown), content_type=stream.media_type)
    response["Content-Length"] = str(len(shown))
    if wanted is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{stream.size}"
    return response


def _pieces(stream: Stream, wanted: range) -> Iterator[bytes]:
    with storages["dicom"].open(stream.key) as file:
        for stretch in stream.pieces(wanted):
            file.seek(stretch.start)
            left = stretch.size
            while left and (piece := file.read(min(PIECE, left))):
                left -= len(piece)
                yield piece
