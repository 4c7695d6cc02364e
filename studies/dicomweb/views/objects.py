"""Whole objects, bit for bit as received unless their home corrected them: a study, a series or an instance.

Who accepts nothing but Explicit VR Little Endian gets that, written by the renderer; each part says what it is in.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import storages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from common.exceptions import NothingThere
from studies import services
from studies.byte_ranges import asked_range
from studies.dicomweb.accept import Accepted, NotAcceptable, accepted
from studies.dicomweb.door import Asked, check_still_open, door, etag_of, opened, unchanged
from studies.dicomweb.frames import LITTLE
from studies.dicomweb.made import written_object
from studies.dicomweb.parts import Part, multipart, multipart_as_made, single
from studies.dicomweb.ranges import part_of
from studies.dicomweb.views.metadata import url_of
from studies.models import Instance
from studies.sent_file import range_on_disk, sent_pieces

DICOM = "application/dicom"


@door("GET")
def objects(asked: Asked, study: str, series: str, instance: str = "") -> HttpResponseBase:
    return sent(asked, study, series, instance)


def sent(asked: Asked, study: str, series: str = "", instance: str = "") -> HttpResponseBase:
    retrieved = opened(asked, study, series, instance, whole=True)
    many, written = _chosen(accepted(asked.request), retrieved.instances)
    hashes = [each.blob.sha256 for each in retrieved.instances]
    etag = etag_of([asked.root, many, len(retrieved.changes), *hashes, *sorted(written)])
    response = unchanged(asked, etag)
    if response is None and written:
        response = _written(asked, retrieved, many, written)
    elif response is None and many:
        parts = [_part(asked, retrieved, each, at) for at, each in enumerate(retrieved.instances)]
        response = multipart(parts, DICOM)
    elif response is None:
        response = _file(asked, retrieved, etag)
    response["ETag"] = etag
    return response


def _chosen(choices: list[Accepted], instances: list[Instance]) -> tuple[bool, frozenset[int]]:
    """Whether the answer has many parts, and which instances are written in Explicit VR Little Endian: those whose own
    transfer syntax is not accepted, and none as long as everything can be had as it was received."""
    of_objects = [each for each in choices if each.fits(DICOM)]
    for is_written in (False, True):
        for best in of_objects:
            many = best.many is not False
            syntaxes = {each.transfer_syntax for each in of_objects if (each.many is not False) is many}
            others = frozenset(each.pk for each in instances if not _is_accepted(each, syntaxes))
            if (many or len(instances) == 1) and (not others or (is_written and LITTLE in syntaxes)):
                return many, others
    raise NotAcceptable


def _is_accepted(instance: Instance, syntaxes: set[str]) -> bool:
    """Where no transfer syntax is named, the object's own is: an answer names it."""
    return bool(syntaxes & {"", "*", instance.transfer_syntax_uid})


def _part(asked: Asked, retrieved: services.Retrieved, instance: Instance, at: int = 0) -> Part:
    """How long a corrected file is, is known when it is written."""
    return Part(
        f"{DICOM}; transfer-syntax={instance.transfer_syntax_uid}",
        None if retrieved.changes else instance.blob.size,
        partial(_pieces, asked, retrieved, instance, at),
        url_of(asked, retrieved.study, instance),
        None if retrieved.changes else range_on_disk(instance.blob.key, start=0, size=instance.blob.size),
    )


def _pieces(asked: Asked, retrieved: services.Retrieved, instance: Instance, at: int) -> Iterator[bytes]:
    """Before each instance but the first, whose turn it is at once, the right is asked again."""
    if at > 0:
        check_still_open(asked, retrieved)
    yield from sent_pieces(instance.blob.key, retrieved.changes)


def _written(
    asked: Asked, retrieved: services.Retrieved, many: bool, written: frozenset[int]
) -> HttpResponseBase:
    """The first object is written before the answer begins: it shows what is wrong. What fails later breaks it off."""
    content_type = f'multipart/related; type="{DICOM}"' if many else f"{DICOM}; transfer-syntax={LITTLE}"
    if asked.request.method == "HEAD":
        return StreamingHttpResponse((), content_type=content_type)
    made = _made(asked, retrieved, written)
    first = next(made)
    return multipart_as_made(first, made, DICOM) if many else single(first)


def _made(asked: Asked, retrieved: services.Retrieved, written: Iterable[int]) -> Iterator[Part]:
    for at, instance in enumerate(retrieved.instances):
        if instance.pk not in written:
            yield _part(asked, retrieved, instance, at)
            continue
        if at > 0:
            check_still_open(asked, retrieved)
        size, pieces = written_object(instance, retrieved.changes, patient=at > 0)
        url = url_of(asked, retrieved.study, instance)
        yield Part(f"{DICOM}; transfer-syntax={LITTLE}", size, pieces, url)


def _file(asked: Asked, retrieved: services.Retrieved, etag: str) -> HttpResponseBase:
    """A single file; as it is stored, the proxy sends it where it may."""
    [instance] = retrieved.instances
    part, key = _part(asked, retrieved, instance), instance.blob.key
    if not storages["dicom"].exists(key):
        raise NothingThere
    if part.size is None:
        return single(part)
    wanted = asked_range(asked.request, part.size, etag)
    if wanted is not None:
        return part_of(part, key, wanted)
    ranges = {"Accept-Ranges": "bytes"}
    if settings.CIMAR_PROXY_SENDS_FILES:
        there = {"X-Accel-Redirect": f"/-/stored/{quote(key)}"}
        return HttpResponse(content_type=part.content_type, headers={**ranges, **there})
    return single(part, **ranges)
