"""Bulk data: the value of an element that the metadata names by a URL, at any depth, as it is stored."""

import re
from collections.abc import Iterator
from functools import partial
from typing import IO

from django.core.files.storage import storages
from django.http.response import HttpResponseBase

from common.exceptions import NothingThere
from studies.byte_ranges import asked_range
from studies.dicomweb.accept import Accepted, NotAcceptable, accepted
from studies.dicomweb.door import Asked, door, etag_of, opened, unchanged
from studies.dicomweb.frames import LITTLE, OCTETS
from studies.dicomweb.parts import PIECE, Part, multipart, single, stored_bytes
from studies.dicomweb.ranges import part_of
from studies.dicomweb.views.frames import sent_frames
from studies.dicomweb.views.metadata import url_of
from studies.ingest.limits import limits
from studies.ingest.values import Path, Value, value_at
from studies.models import Instance

_PATH = re.compile(r"[0-9A-Fa-f]{8}(/[0-9]{1,7}/[0-9A-Fa-f]{8}){0,24}")
# A value of these is of several bytes each, which the other byte order turns round.
_WIDE = frozenset({"AT", "FD", "FL", "OD", "OF", "OL", "OV", "OW", "SL", "SS", "SV", "UL", "US", "UV"})
PIXEL_DATA = (0x7FE00010,)


@door("GET")
def bulk_data(asked: Asked, study: str, series: str, instance: str, path: str) -> HttpResponseBase:
    retrieved = opened(asked, study, series, instance)
    [shown] = retrieved.instances
    wanted = _wanted(path)
    with (
        _stored(shown) as file,
        value_at(file, wanted, size=shown.blob.size, limits=limits()) as value,
    ):
        if value is None or value.size == 0:
            raise NothingThere
        if value.size is None and wanted == PIXEL_DATA:
            # Encapsulated: a part for each frame.
            return sent_frames(asked, retrieved, [*range(1, shown.frames + 1)])
        return _sent(asked, shown, value, f"{url_of(asked, study, shown)}/bulkdata/{path}")


def _wanted(path: str) -> Path:
    if not _PATH.fullmatch(path):
        raise NothingThere
    names = path.split("/")
    return tuple(int(name, 10 if number % 2 else 16) for number, name in enumerate(names))


def _stored(instance: Instance) -> IO[bytes]:
    try:
        file: IO[bytes] = storages["dicom"].open(instance.blob.key)
    except FileNotFoundError:
        raise NothingThere from None
    return file


def _sent(asked: Asked, instance: Instance, value: Value, url: str) -> HttpResponseBase:
    many = _is_many(accepted(asked.request), value, instance)
    size = value.size or 0
    etag = etag_of([asked.root, instance.blob.sha256, url, many])
    response = unchanged(asked, etag)
    if response is None:
        key = instance.blob.key
        pieces = partial(stored_bytes, key, start=value.start, size=size)
        if value.is_unpacked:
            # It is in no stored file: a deflated data set has a limit, and so has this.
            pieces = partial(_in_pieces, _read(value, size))
        part = Part(OCTETS, size, pieces, url)
        wanted = None if many or value.is_unpacked else asked_range(asked.request, size, etag)
        if many:
            response = multipart([part], OCTETS)
        elif wanted is None:
            response = single(part, **({} if value.is_unpacked else {"Accept-Ranges": "bytes"}))
        else:
            response = part_of(part, key, wanted, at=value.start)
    response["ETag"] = etag
    return response


def _is_many(choices: list[Accepted], value: Value, instance: Instance) -> bool:
    """Whether the answer has many parts. Octets are little endian, or not to be had."""
    own = {"", "*", LITTLE, instance.transfer_syntax_uid}
    # A big endian file says each VR.
    is_little = value.little or value.vr not in _WIDE
    for each in choices:
        if value.size is not None and is_little and each.fits(OCTETS) and each.transfer_syntax in own:
            return each.many is not False
    raise NotAcceptable


def _read(value: Value, size: int) -> bytes:
    value.file.seek(value.start)
    return value.file.read(size)


def _in_pieces(data: bytes) -> Iterator[bytes]:
    return (data[at : at + PIECE] for at in range(0, len(data), PIECE))
