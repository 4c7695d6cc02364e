"""The manifest of a study for the viewer: which series it has, and of each frame where its pixels are."""

import gzip
import hashlib
import json
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from accounts.decorators import signed_in
from audit.requests import actor_of, visit_of
from common.exceptions import NothingThere
from studies import services
from studies.manifest import runs
from studies.models import Blob, ViewCopy
from studies.object_kinds import kind_of
from studies.selectors import FRAMES_SHOWN
from studies.selectors.viewer import ViewerSeries
from studies.views.images import CACHING

VERSION = 2
NOT_MADE = gettext_noop("On this server images are shown as pictures, not in their full depth.")


@signed_in
@require_safe
def manifest(request: HttpRequest, placement: UUID) -> HttpResponseBase:
    try:
        viewed = services.view_study(placement=placement, by=actor_of(request), session=visit_of(request))
    except NothingThere as error:
        raise Http404 from error
    body = _written(viewed).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response: HttpResponseBase | None = get_conditional_response(request, etag=etag)
    if response is None:
        response = _sent(request, body)
    response["Cache-Control"], response["ETag"] = CACHING, etag
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _sent(request: HttpRequest, body: bytes) -> HttpResponse:
    """Nothing in it is chosen by who asks, so that packing tells nobody anything by its length."""
    response = HttpResponse(content_type="application/json")
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response["Content-Encoding"] = "gzip"
        body = gzip.compress(body, 6, mtime=0)
    response.content = body
    return response


def _written(viewed: services.Viewed) -> str:
    series = ",".join(_series(viewed, each) for each in viewed.series)
    return f'{{"version":{VERSION},"placement":"{viewed.placement}","series":[{series}]}}'


def _series(viewed: services.Viewed, each: ViewerSeries) -> str:
    """Of a finished copy the stored part is sent as it is; of the others, what their rows say."""
    series, copy = each.series, each.copy
    head: dict[str, Any] = {
        "uuid": str(series.uuid),
        "number": series.number,
        "modality": series.modality,
        "description": series.description,
        "body_part": series.body_part,
        "objects": [[str(other.uuid), kind_of(other.sop_class_uid)] for other in each.others],
    }
    if copy is not None and each.is_final:
        return _joined(head | _finished(viewed, copy), copy.part)
    if not each.images:
        head |= {"kind": "none", "state": "ready", "frames": 0, "thumbnail": "", "pack": None}
        return _joined(head | {"notes": [], "failed": []}, "")
    return _joined(head | _waiting(viewed, each), "")


def _joined(head: dict[str, Any], part: str) -> str:
    text = json.dumps(head, separators=(",", ":"), ensure_ascii=False)
    return f"{text[:-1]},{part}}}" if part else text


def _finished(viewed: services.Viewed, copy: ViewCopy) -> dict[str, Any]:
    is_packed = copy.state == ViewCopy.State.READY
    pack = {
        "url": reverse("studies:pixels", args=[viewed.placement, copy.uuid]) if is_packed else "",
        "head_bytes": copy.head_size,
        "bytes": copy.size,
    }
    return {
        "kind": "pixels" if is_packed else "pictures",
        "state": "ready",
        "frames": copy.n_frames,
        "thumbnail": _thumbnail(viewed, copy.cover),
        "pack": pack if is_packed else None,
        "notes": _sentences(copy.note),
        "failed": [[index, " ".join(_sentences(note))] for index, note in copy.failed],
    }


def _waiting(viewed: services.Viewed, each: ViewerSeries) -> dict[str, Any]:
    """Shown by its pictures meanwhile, as far as they are made."""
    images, frames = each.images, [min(image.frames, FRAMES_SHOWN) for image in each.images]
    ready = [image.uuid for image in images if image.blob.preview == Blob.Preview.READY]
    sizes = [(image.rows, image.columns) for image in images]
    groups = [*dict.fromkeys(sizes)]
    which = [groups.index(size) for size, number in zip(sizes, frames, strict=True) for _n in range(number)]
    return {
        "kind": "pictures",
        "state": "preparing" if viewed.are_made else "ready",
        "frames": sum(frames),
        "thumbnail": _thumbnail(viewed, ready[len(ready) // 2] if ready else None),
        "pack": None,
        "notes": [] if viewed.are_made else [_(NOT_MADE)],
        "failed": _failed(images, frames),
        "groups": [{"rows": rows, "columns": columns} for rows, columns in groups],
        "group": runs(which),
        "instance": [str(image.uuid) for image in images],
        "instance_frames": runs(frames),
        "number_of_instance": [image.number for image in images],
    }


def _failed(images: Any, frames: list[int]) -> list[list[Any]]:
    failed, index = [], 0
    for image, number in zip(images, frames, strict=True):
        if image.blob.preview == Blob.Preview.FAILED:
            sentence = " ".join(_sentences(image.blob.preview_note))
            failed += [[at, sentence] for at in range(index, index + number)]
        index += number
    return failed


def _thumbnail(viewed: services.Viewed, cover: UUID | None) -> str:
    return reverse("studies:thumbnail", args=[viewed.placement, cover]) if cover is not None else ""


def _sentences(note: str) -> list[str]:
    return [_(line) for line in note.splitlines()]
