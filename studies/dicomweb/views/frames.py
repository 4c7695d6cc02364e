"""Single frames of an instance: as they are stored, or without their compression where that is asked for."""

import re

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from common.exceptions import NothingThere
from studies import services
from studies.dicomweb.accept import BadRequest, NotAcceptable, accepted
from studies.dicomweb.door import Asked, door, etag_of, opened, unchanged
from studies.dicomweb.frames import Frames
from studies.dicomweb.made import decoded_frames
from studies.dicomweb.parts import Part, multipart, single
from studies.dicomweb.views.metadata import url_of
from studies.models import Instance, InstanceMetadata

_NUMBERS = re.compile(r"[0-9]{1,9}(,[0-9]{1,9})*")


@door("GET")
def frames(asked: Asked, study: str, series: str, instance: str, numbers: str) -> HttpResponseBase:
    retrieved = opened(asked, study, series, instance)
    return sent_frames(asked, retrieved, wanted_frames(numbers, retrieved.instances[0]))


def sent_frames(asked: Asked, retrieved: services.Retrieved, wanted: list[int]) -> HttpResponseBase:
    """Frames of a single instance that was opened."""
    [shown] = retrieved.instances
    lying = _lying(shown, retrieved.layout)
    content_type, many = lying.chosen(accepted(asked.request), n=len(wanted))
    etag = etag_of([asked.root, shown.blob.sha256, content_type, many, *wanted])
    response = unchanged(asked, etag)
    if response is None:
        is_made = lying.is_made(content_type) and asked.request.method != "HEAD"
        pieces = (
            [(size, sent, None) for size, sent in decoded_frames(shown, wanted)]
            if is_made
            else [(each.size, each.pieces, each.on_disk) for each in lying.ranges_of(wanted)]
        )
        url = f"{url_of(asked, retrieved.study, shown)}/frames"
        parts = [
            Part(content_type, size, sent, f"{url}/{number}", on_disk)
            for number, (size, sent, on_disk) in zip(wanted, pieces, strict=True)
        ]
        response = multipart(parts, content_type.partition(";")[0]) if many else single(parts[0])
    response["ETag"] = etag
    return response


def wanted_frames(numbers: str, instance: Instance) -> list[int]:
    if not _NUMBERS.fullmatch(numbers):
        raise BadRequest(_("Frames are named by their numbers, with commas between them."))
    wanted = [int(each) for each in numbers.split(",")]
    if not all(1 <= number <= instance.frames for number in wanted):
        raise NothingThere
    return wanted


def _lying(instance: Instance, row: InstanceMetadata | None) -> Frames:
    """Where the frames lie: as stored with the metadata, else as the file says."""
    if row is not None:
        return Frames(instance, row.pixels_at, row.frame_bytes, row.frame_offsets)
    described = services.metadata_from_file(instance)
    if described is None:
        raise NotAcceptable
    layout = described.layout
    return Frames(instance, layout.pixels_at, layout.frame_bytes, layout.offsets)
