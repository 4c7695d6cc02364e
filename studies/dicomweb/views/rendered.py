"""Pictures for programs: rendered studies, series, instances and frames, and their thumbnails."""

from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from studies import services
from studies.dicomweb.accept import accepted, first_of
from studies.dicomweb.door import (
    Asked,
    check_still_open,
    door,
    etag_of,
    not_made,
    opened,
    unchanged,
    warned,
)
from studies.dicomweb.parts import Part, multipart_as_made
from studies.dicomweb.ranges import sent_bytes
from studies.dicomweb.rendering import GIF, JPEG, PNG, chosen_picture, rendering_of
from studies.dicomweb.views.frames import wanted_frames
from studies.dicomweb.views.metadata import url_of
from studies.models import Blob, Instance
from studies.renderer import WINDOW_OF_COLOURS

# Raised when the same image would be drawn otherwise than before.
RENDERING = 1
WITHOUT_PICTURE = "Some of the instances have no picture and are left out"  # allowed: for programs
NOT_SUPPORTED = "These values are not supported"  # allowed: for programs

Picture = tuple[Instance, tuple[int, ...]]


@door("GET")
def rendered(
    asked: Asked, study: str, series: str = "", instance: str = "", numbers: str = ""
) -> HttpResponseBase:
    wanted = rendering_of(asked.request)
    retrieved = opened(asked, study, series, instance)
    instances = retrieved.instances
    shown = [each for each in instances if _may_have_picture(each)]
    if not shown:
        return _no_picture(instances[0])
    pictures = _pictures(shown, numbers)
    media_type, many = chosen_picture(accepted(asked.request), n=len(pictures), one_instance=len(shown) == 1)
    named = [(each.blob.sha256, *frames) for each, frames in pictures]
    etag = etag_of([asked.root, RENDERING, media_type, many, sorted(wanted.view.items()), named])
    response = unchanged(asked, etag)
    if response is None and many:
        response = _streamed(asked, retrieved, pictures, media_type, wanted.view)
    elif response is None:
        frames = tuple(number for _each, numbers in pictures for number in numbers)
        response = _single(asked, (shown[0], frames), media_type, wanted.view, etag)
    if len(shown) < len(instances):
        response.status_code = 206 if response.status_code == 200 else response.status_code
        warned(asked, response, WITHOUT_PICTURE)
    if wanted.not_done:
        warned(asked, response, f"{NOT_SUPPORTED}: {' '.join(wanted.not_done)}")
    response["ETag"] = etag
    return response


@door("GET")
def thumbnail(
    asked: Asked, study: str, series: str = "", instance: str = "", numbers: str = ""
) -> HttpResponseBase:
    """Of a study and a series: of their first image."""
    view = rendering_of(asked.request, thumbnail=True).view
    instances = opened(asked, study, series, instance).instances
    shown = next((each for each in instances if _may_have_picture(each)), None)
    if shown is None:
        return _no_picture(instances[0])
    [number, *_rest] = wanted_frames(numbers, shown) if numbers else [1]
    media_type = first_of(asked.request, (JPEG, PNG, GIF))
    etag = etag_of([asked.root, RENDERING, "thumbnail", media_type, view, shown.blob.sha256, number])
    response = unchanged(asked, etag)
    if response is None:
        data = services.thumbnail_of(blob=shown.blob, frame=number, media_type=media_type, **view)
        response = sent_bytes(asked.request, data, media_type, etag)
    response["ETag"] = etag
    return response


def _may_have_picture(instance: Instance) -> bool:
    """An image that the pages show, or that nobody has tried to show yet."""
    return instance.frames > 0 and instance.blob.preview in (Blob.Preview.READY, Blob.Preview.WAITING)


def _pictures(instances: list[Instance], numbers: str) -> list[Picture]:
    if numbers:
        return [(instances[0], (number,)) for number in wanted_frames(numbers, instances[0])]
    return [(each, (number,)) for each in instances for number in range(1, each.frames + 1)]


def _no_picture(instance: Instance) -> HttpResponseBase:
    return not_made(services.CannotMake(instance.blob.preview_note or services.NO_PICTURE))


def _single(
    asked: Asked, picture: Picture, media_type: str, view: dict[str, Any], etag: str
) -> HttpResponseBase:
    instance, frames = picture
    data, notes = services.picture_of(blob=instance.blob, frames=frames, media_type=media_type, **view)
    response = sent_bytes(asked.request, data, media_type, etag)
    for note in notes:
        warned(asked, response, note)
    return response


def _streamed(
    asked: Asked,
    retrieved: services.Retrieved,
    pictures: list[Picture],
    media_type: str,
    view: dict[str, Any],
) -> HttpResponseBase:
    """Each picture is made when its turn comes. The first is made before the answer begins: it shows what is wrong."""
    if asked.request.method == "HEAD":
        return StreamingHttpResponse((), content_type=f'multipart/related; type="{media_type}"')
    made = _made(asked, retrieved, pictures, media_type, view)
    response = multipart_as_made(next(made), made, media_type)
    if "window" in view:
        # What is in each image is known when its turn comes, and then no header can be added.
        warned(asked, response, WINDOW_OF_COLOURS)
    return response


def _made(
    asked: Asked,
    retrieved: services.Retrieved,
    pictures: list[Picture],
    media_type: str,
    view: dict[str, Any],
) -> Iterator[Part]:
    for at, (instance, frames) in enumerate(pictures):
        if at > 0:
            check_still_open(asked, retrieved)
        data, _notes = services.picture_of(
            blob=instance.blob, frames=frames, media_type=media_type, patient=at > 0, **view
        )
        url = f"{url_of(asked, retrieved.study, instance)}/frames/{frames[0]}/rendered"
        yield Part(media_type, len(data), lambda data=data: [data], url)
