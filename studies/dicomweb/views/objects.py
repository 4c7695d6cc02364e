"""Whole objects, bit for bit as received unless their home corrected them: a study, a series or an instance."""

from collections.abc import Sequence
from functools import partial

from django.core.files.storage import storages
from django.http.response import HttpResponseBase

from common.exceptions import NothingThere
from studies import services
from studies.corrected import Change
from studies.dicomweb.accept import Accepted, NotAcceptable, accepted
from studies.dicomweb.door import Asked, door, etag_of, unchanged
from studies.dicomweb.parts import Part, multipart, single
from studies.dicomweb.ranges import asked_range, part_of
from studies.dicomweb.views.metadata import url_of
from studies.models import Instance
from studies.sent_file import sent_pieces

DICOM = "application/dicom"


@door("GET")
def objects(asked: Asked, study: str, series: str, instance: str = "") -> HttpResponseBase:
    return sent(asked, study, series, instance)


def sent(asked: Asked, study: str, series: str = "", instance: str = "") -> HttpResponseBase:
    opened = services.open_by_uid(
        worklist=asked.worklist,
        study=study,
        series=series,
        instance=instance,
        by=asked.by,
        session=asked.session,
        whole=True,
    )
    many = _is_many(accepted(asked.request), opened.instances)
    etag = etag_of([asked.root, many, len(opened.changes), *(each.blob.sha256 for each in opened.instances)])
    response = unchanged(asked, etag)
    if response is None:
        parts = [_part(asked, study, each, opened.changes) for each in opened.instances]
        response = multipart(parts, DICOM) if many else _file(asked, opened.instances[0], parts[0], etag)
    response["ETag"] = etag
    return response


def _is_many(choices: list[Accepted], instances: list[Instance]) -> bool:
    """Whether the answer has many parts. Objects are never transcoded: each has to be acceptable as it was received."""
    for best in (each for each in choices if each.fits(DICOM)):
        many = best.many is not False
        syntaxes = {
            each.transfer_syntax for each in choices if each.fits(DICOM) and (each.many is not False) is many
        }
        if (many or len(instances) == 1) and all(_may_be_sent(each, syntaxes) for each in instances):
            return many
    raise NotAcceptable


def _may_be_sent(instance: Instance, syntaxes: set[str]) -> bool:
    """Where no transfer syntax is named, the object's own is: an answer names it."""
    return bool(syntaxes & {"", "*", instance.transfer_syntax_uid})


def _part(asked: Asked, study: str, instance: Instance, changes: Sequence[Change]) -> Part:
    """How long a corrected file is, is known when it is written."""
    return Part(
        f"{DICOM}; transfer-syntax={instance.transfer_syntax_uid}",
        None if changes else instance.blob.size,
        partial(sent_pieces, instance.blob.key, changes),
        url_of(asked, study, instance),
    )


def _file(asked: Asked, instance: Instance, part: Part, etag: str) -> HttpResponseBase:
    if not storages["dicom"].exists(instance.blob.key):
        raise NothingThere
    if part.size is None:
        return single(part)
    wanted = asked_range(asked.request, part.size, etag)
    part_headers = {"Accept-Ranges": "bytes"}
    return single(part, **part_headers) if wanted is None else part_of(part, instance.blob.key, wanted)
