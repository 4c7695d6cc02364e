"""Who belongs where, and the arguments and forms of the rows of the access matrix."""

from io import BytesIO
from types import SimpleNamespace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from studies.ingest.store import put
from studies.models.view_copy import pack_key
from studies.services import present_values, values_mark
from tests.matrix import AUDITOR, OK, SIGNED_IN

# Who sees CT Reporting's list, and of those who may share at all.
ON_CT = frozenset({"adam", "ana", "lois", "gus", "phil", "cody", "erin", "vera"})
SHARERS = ON_CT - {"vera"}
# Who belongs to Northgate Hospital, active or not.
NORTHGATE = ON_CT | {"ben", "ina", "nolan", AUDITOR}


def placement(world: SimpleNamespace) -> list[Any]:
    return [world.placement.uuid]


def at_emergency(world: SimpleNamespace) -> list[Any]:
    return [world.at_emergency.uuid]


def at_ed(world: SimpleNamespace) -> list[Any]:
    return [world.at_ed.uuid]


def ct(world: SimpleNamespace) -> list[Any]:
    return [world.cast.ct.uuid]


def own_personal(world: SimpleNamespace) -> list[Any]:
    return [world.cast.ana.personal_worklist.uuid]


def ticked(world: SimpleNamespace) -> dict[str, Any]:
    return {"placement": [str(world.placement.uuid)]}


def a_saved_image(world: SimpleNamespace) -> dict[str, Any]:
    image = world.instance
    return {"what": "save", "series": image.series.uuid, "instance": image.uuid, "frame": 1}


def ticked_there(world: SimpleNamespace) -> dict[str, Any]:
    return {"placement": [str(world.at_emergency.uuid)]}


def to_send(world: SimpleNamespace) -> dict[str, Any]:
    return {**ticked(world), "destination": str(world.destination.uuid)}


def to_emergency(world: SimpleNamespace) -> dict[str, Any]:
    return {"worklist": str(world.cast.emergency.uuid), "why": "theirs"}


def a_location(world: SimpleNamespace) -> dict[str, Any]:
    return {**ticked(world), "location": [str(world.cast.emergency.uuid)], "note": "", "until": ""}


def one_share(world: SimpleNamespace) -> dict[str, Any]:
    return {"share": [str(world.share.uuid)]}


def a_correction(world: SimpleNamespace) -> dict[str, Any]:
    study = world.placement.study
    return {
        **present_values(study),
        "patient_sex": "O",
        "mark": values_mark(study),
        "why": "As in the record",
    }


def a_deletion(world: SimpleNamespace) -> dict[str, Any]:
    return {**ticked(world), "why": "Wrong patient"}


def no_address(world: SimpleNamespace) -> list[Any]:
    """A share code of a worklist that takes no studies from outside."""
    return ["RIVERSIDE"]


def invitation(world: SimpleNamespace) -> list[Any]:
    return [world.invitation.uuid]


def frame(world: SimpleNamespace) -> list[Any]:
    return [world.placement.uuid, world.instance.uuid, 1]


def thumbnail(world: SimpleNamespace) -> list[Any]:
    return [world.placement.uuid, world.instance.uuid]


def original(world: SimpleNamespace) -> list[Any]:
    """The bytes are there, as many as an import has noted."""
    for blob in (world.instance.blob, world.report.blob):
        put(blob.key, BytesIO(b"as received".ljust(blob.size)))
    return [world.placement.uuid, world.instance.uuid]


def pack(world: SimpleNamespace) -> list[Any]:
    """The file is there, as a worker leaves it."""
    put(pack_key(world.pack), BytesIO(b"pack"))
    return [world.placement.uuid, world.pack]


def the_full_viewer(world: SimpleNamespace) -> list[Any]:
    return [world.cast.ct.uuid, "viewer"]


def a_report(world: SimpleNamespace) -> list[Any]:
    return [world.placement.uuid, world.report.uuid]


def whole(world: SimpleNamespace) -> list[Any]:
    original(world)
    return placement(world)


def whole_ticked(world: SimpleNamespace) -> dict[str, Any]:
    return {"placement": whole(world)}


def every_series(world: SimpleNamespace) -> list[Any]:
    return list(world.placement.study.series.values_list("uuid", flat=True))


def a_file(world: SimpleNamespace) -> dict[str, Any]:
    return {"files": SimpleUploadedFile("scan.dcm", b"not a scan")}


def a_part(world: SimpleNamespace) -> dict[str, Any]:
    file = SimpleUploadedFile("scan.dcm", b"not a scan")
    return {"folder": file, "upload": world.open_upload.uuid, "mark_list": f'["{"a" * 64}"]'}


ALL = {OK: SIGNED_IN}
CT_LIST = {OK: ON_CT}
