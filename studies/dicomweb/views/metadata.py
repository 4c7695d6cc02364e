"""Metadata of a study, a series or an instance, from stored rows, a few megabytes at a time."""

import json
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from studies import selectors, services
from studies.corrected import corrected_model
from studies.dicomweb.accept import json_type
from studies.dicomweb.door import Asked, door, etag_of, unchanged
from studies.ingest.json_model import columns_of, dumped, with_bulk_at
from studies.models import Instance


@door("GET")
def metadata(asked: Asked, study: str, series: str = "", instance: str = "") -> HttpResponseBase:
    media_type = json_type(asked.request)
    opened = services.open_by_uid(
        worklist=asked.worklist,
        study=study,
        series=series,
        instance=instance,
        by=asked.by,
        session=asked.session,
    )
    etag = etag_of([asked.root, media_type, len(opened.changes), *(each.uuid for each in opened.instances)])
    response = unchanged(asked, etag)
    if response is None:
        response = StreamingHttpResponse(_written(asked, study, opened), content_type=media_type)
    response["ETag"] = etag
    return response


def url_of(asked: Asked, study: str, instance: Instance) -> str:
    series = instance.series.series_instance_uid
    return f"{asked.root}/studies/{study}/series/{series}/instances/{instance.sop_instance_uid}"


def _written(asked: Asked, study: str, opened: services.Retrieved) -> Iterator[bytes]:
    before = "["
    for instance, stored in selectors.metadata_of(opened.instances):
        model = stored.json if stored is not None else _without_row(study, instance)
        if opened.changes:
            model = dumped(corrected_model(json.loads(model), opened.changes))
        yield f"{before}{with_bulk_at(model, f'{url_of(asked, study, instance)}/bulkdata/')}".encode()
        before = ","
    yield b"]"


def _without_row(study: str, instance: Instance) -> str:
    """Of an instance that `manage.py store_metadata` has not reached yet."""
    if (described := services.metadata_from_file(instance)) is not None:
        return described.json
    uids: Any = (study, instance.series.series_instance_uid, instance.sop_instance_uid)
    return dumped(columns_of(*uids, sop_class=instance.sop_class_uid))
