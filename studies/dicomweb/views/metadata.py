"""Metadata of a study, a series or an instance, from stored rows, a few megabytes at a time."""

import json
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from studies import selectors, services
from studies.corrected import corrected_model
from studies.dicomweb.accept import accepted
from studies.dicomweb.door import Asked, check_still_open, door, etag_of, opened, unchanged
from studies.dicomweb.native_model import XML, model_type, native_model
from studies.dicomweb.parts import Part, multipart_as_made
from studies.ingest.json_model import columns_of, dumped, with_bulk_at
from studies.models import Instance

# The right is asked again before so many more: of each would take longer than to send them.
ASKED_EVERY = 100


@door("GET")
def metadata(asked: Asked, study: str, series: str = "", instance: str = "") -> HttpResponseBase:
    media_type = model_type(accepted(asked.request))
    retrieved = opened(asked, study, series, instance)
    uuids = [each.uuid for each in retrieved.instances]
    etag = etag_of([asked.root, media_type, len(retrieved.changes), *uuids])
    response = unchanged(asked, etag)
    if response is None and media_type == XML:
        parts = _parts(asked, retrieved)
        response = multipart_as_made(next(parts), parts, XML)
    elif response is None:
        response = StreamingHttpResponse(_list(asked, retrieved), content_type=media_type)
    response["ETag"] = etag
    return response


def url_of(asked: Asked, study: str, instance: Instance) -> str:
    series = instance.series.series_instance_uid
    return f"{asked.root}/studies/{study}/series/{series}/instances/{instance.sop_instance_uid}"


def _list(asked: Asked, retrieved: services.Retrieved) -> Iterator[bytes]:
    before = "["
    for _url, model in _models(asked, retrieved):
        yield f"{before}{model}".encode()
        before = ","
    yield b"]"


def _parts(asked: Asked, retrieved: services.Retrieved) -> Iterator[Part]:
    for url, model in _models(asked, retrieved):
        data = native_model(json.loads(model))
        yield Part(XML, len(data), lambda data=data: [data], f"{url}/metadata")


def _models(asked: Asked, retrieved: services.Retrieved) -> Iterator[tuple[str, str]]:
    """Of each instance its URL and its model in JSON."""
    for at, (instance, stored) in enumerate(selectors.metadata_of(retrieved.instances)):
        if at > 0 and at % ASKED_EVERY == 0:
            check_still_open(asked, retrieved)
        model = stored.json if stored is not None else _without_row(retrieved.study, instance)
        if retrieved.changes:
            model = dumped(corrected_model(json.loads(model), retrieved.changes))
        url = url_of(asked, retrieved.study, instance)
        yield url, with_bulk_at(model, f"{url}/bulkdata/")


def _without_row(study: str, instance: Instance) -> str:
    """Of an instance that `manage.py store_metadata` has not reached yet."""
    if (described := services.metadata_from_file(instance)) is not None:
        return described.json
    uids: Any = (study, instance.series.series_instance_uid, instance.sop_instance_uid)
    return dumped(columns_of(*uids, sop_class=instance.sop_class_uid))
