"""The rows of DICOMweb in the access matrix: who gets what at each URL."""

from io import BytesIO
from types import SimpleNamespace
from typing import Any

from studies.ingest.store import put
from tests.bad_files import sound
from tests.matrix import DENIED, OK, Row

NOT_SIGNED_IN = 401


def _named(*what: str) -> Any:
    def args(world: SimpleNamespace) -> list[Any]:
        instance = world.instance
        uids = {
            "study": instance.study.study_instance_uid,
            "series": instance.series.series_instance_uid,
            "instance": instance.sop_instance_uid,
        }
        return [world.cast.ct.uuid, *(uids.get(each, each) for each in what)]

    return args


def _stored(*what: str) -> Any:
    """The bytes are there, as an import leaves them."""

    def args(world: SimpleNamespace) -> list[Any]:
        for blob in (world.instance.blob, world.report.blob):
            put(blob.key, BytesIO(b"as received"))
        return _named(*what)(world)

    return args


def _readable(*what: str) -> Any:
    """The bytes are there, and are those of an image."""

    def args(world: SimpleNamespace) -> list[Any]:
        put(world.instance.blob.key, BytesIO(sound()))
        return _named(*what)(world)

    return args


def _row(name: str, people: dict[Any, Any], *what: str, method: str = "get", note: str = "") -> Row:
    return Row(f"dicomweb:{name}", method, _named(*what), people, anonymous=NOT_SIGNED_IN, note=note)


def rows(on_ct: frozenset[str]) -> list[Row]:
    """`on_ct` see the list of CT Reporting; of them Adam and Ana may download."""
    seen = {OK: on_ct}
    may_store = {415: "adam ana nolan", DENIED: on_ct - {"adam", "ana"}}
    whole = {OK: "adam ana", DENIED: on_ct - {"adam", "ana"}}

    def sent(name: str, *what: str) -> Row:
        return Row(f"dicomweb:{name}", "get", _stored(*what), whole, anonymous=NOT_SIGNED_IN)

    study, series, instance = ("study",), ("study", "series"), ("study", "series", "instance")
    return [
        _row("service", seen),
        Row("dicomweb:nothing", "get", lambda world: ["nothing"], {}, anonymous=NOT_SIGNED_IN),
        _row("studies", seen),
        # A form is no instance: what is past the right is 415.
        _row("studies", may_store, method="post"),
        _row("study", may_store, *study, method="post"),
        Row(
            "dicomweb:store_allowed",
            "get",
            _named(),
            {204: "adam ana nolan", DENIED: on_ct - {"adam", "ana"}},
            rest=401,
            anonymous=NOT_SIGNED_IN,
        ),
        _row("search_series", seen),
        _row("search_instances", seen),
        _row("search_series_of_study", seen, *study),
        _row("search_instances_of_study", seen, *study),
        _row("search_instances_of_series", seen, *series),
        sent("study", *study),
        sent("series", *series),
        sent("instance", *instance),
        # Its bytes are not there, and where its frames lie is not known.
        _row("frames", {406: on_ct}, *instance, "1"),
        # Any element is answered: the SOP Instance UID.
        Row("dicomweb:bulk_data", "get", _readable(*instance, "00080018"), seen, anonymous=NOT_SIGNED_IN),
        # The stored bytes announce more than memory holds; who may not see them reads nothing of that.
        *(
            Row(
                f"dicomweb:{level}_{word}",
                "get",
                _stored(*named),
                {413: on_ct},
                anonymous=NOT_SIGNED_IN,
            )
            for level, named in (
                ("study", study),
                ("series", series),
                ("instance", instance),
                ("frames", (*instance, "1")),
            )
            for word in ("rendered", "thumbnail")
        ),
        # Not offered, whatever there is.
        *(
            _row(f"{level}_{word}", {}, *named)
            for level, named in (("study", study), ("series", series), ("instance", instance))
            for word in ("bulkdata", "pixeldata")
        ),
        _row("study_metadata", seen, *study),
        _row("series_metadata", seen, *series),
        _row("instance_metadata", seen, *instance),
    ]
