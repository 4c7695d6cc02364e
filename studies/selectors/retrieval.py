"""A study on a worklist by its UID, and its instances: what DICOMweb hands out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import F

from audit.actor import Actor
from common import prepared
from studies.models import Blob, Instance, InstanceMetadata, Series
from studies.models.placement import VISIBLE_SQL
from studies.selectors.images import OF_ASKING, Visit
from worklists import access

# The metadata read at once: rows up to so many bytes, at least one.
METADATA_BYTES = 4 * 1024**2


@dataclass(frozen=True)
class StudySeen:
    """A study that the actor sees on a worklist, and what they may do with it there."""

    placement: UUID
    study_id: int
    may_open: bool
    may_download: bool
    # Whether this visit's viewing of the placement is in the audit trail already.
    is_noted: bool
    visit_hash: str
    is_corrected: bool


_RIGHTS = ("list_studies", "open_study", "download_study")
# Where a worklist has two studies of one UID, home's own is served, then the one that arrived first.
_SEEN = f"""
SELECT p.uuid, p.study_id, 'open_study' = ANY(may.rights) AS may_open,
    'download_study' = ANY(may.rights) AS may_download,
    EXISTS (
        SELECT FROM studies_imagesserved n
        WHERE {{whose}} AND n.placement_uuid = p.uuid AND n.session_hash = visit.hash) AS is_noted,
    visit.hash, s.n_corrections > 0 AS is_corrected
FROM worklists_worklist w
CROSS JOIN LATERAL ({{held}}) AS may (rights, role)
JOIN studies_placement p ON p.worklist_id = w.id
JOIN studies_study s ON s.id = p.study_id
CROSS JOIN LATERAL (SELECT {{visit}} AS hash) visit
WHERE w.uuid = %s AND s.study_instance_uid = %s AND {VISIBLE_SQL} AND {{listed}} = ANY(may.rights) {{within}}
ORDER BY p.is_home DESC, p.arrived_at, p.id LIMIT 1
"""
# What is read of a single instance, by the name of its table in the statement; the rest is read when it is asked for.
_READ: dict[str, tuple[Any, set[str]]] = {
    "i": (Instance, {"id", "uuid", "study_id", "series_id", "blob_id", "sop_instance_uid", "sop_class_uid",
                     "transfer_syntax_uid", "frames"}),
    "q": (Series, {"id", "series_instance_uid"}),
    "b": (Blob, {"id", "sha256", "size", "preview", "preview_note"}),
    "m": (InstanceMetadata, {"instance_id", "pixels_at", "frame_bytes", "frame_offsets"}),
}  # fmt: skip
_WITH_INSTANCE = """
SELECT seen.uuid, seen.study_id, seen.may_open, seen.may_download, seen.is_noted, seen.hash, seen.is_corrected,
    {columns}
FROM ({seen}) seen
LEFT JOIN (
    studies_instance i
    JOIN studies_series q ON q.id = i.series_id AND q.series_instance_uid = %s
    JOIN studies_blob b ON b.id = i.blob_id
) ON i.study_id = seen.study_id AND i.sop_instance_uid = %s
LEFT JOIN studies_instancemetadata m ON m.instance_id = i.id
"""
# `from_db` takes the values in the order of the model's fields.
_ORDERED = {
    table: (model, [field.attname for field in model._meta.concrete_fields if field.attname in names])
    for table, (model, names) in _READ.items()
}
_COLUMNS = ", ".join(f"{table}.{name}" for table, (_model, names) in _ORDERED.items() for name in names)


@dataclass(frozen=True)
class OneInstance:
    """An instance with its blob and series; where its frames lie in its file, if its metadata are stored."""

    instance: Instance
    layout: InstanceMetadata | None


def study_seen_by(by: Actor, *, worklist: UUID, study: str, visit: Visit) -> StudySeen | None:
    """The study of this UID that the worklist serves to the actor: one statement."""
    sql, parameters = _seen(by, worklist, study, visit)
    rows = prepared.rows(sql, parameters)
    return StudySeen(*rows[0]) if rows else None


def instance_seen_by_uid(
    by: Actor, *, worklist: UUID, study: str, series: str, instance: str, visit: Visit
) -> tuple[StudySeen, OneInstance | None] | None:
    """As `study_seen_by`, and of that study the instance, if the series has it: one statement for each frame."""
    sql, parameters = _seen(by, worklist, study, visit)
    rows = prepared.rows(_with_instance(sql), [*parameters, series, instance])
    return instance_in(rows[0]) if rows else None


def seen_by_asking() -> str:
    """As the statement of `instance_seen_by_uid`, for the person whose token the same statement reads as `asking`.

    Its parameters are the worklist, and the UIDs of study, series and instance.
    """
    held = access.held_by_asking(_RIGHTS)
    return _with_instance(_statement(held, OF_ASKING.sql, OF_ASKING.whose, False))


def instance_in(row: Sequence[Any]) -> tuple[StudySeen, OneInstance | None] | None:
    """What a row of that statement says; None for a row of NULLs."""
    if row[0] is None:
        return None
    values = iter(row)
    seen = StudySeen(*islice(values, len(fields(StudySeen))))
    rows_of: dict[str, Any] = {}
    for table, (model, names) in _ORDERED.items():
        row = list(islice(values, len(names)))
        is_there = row[names.index(model._meta.pk.attname)] is not None
        rows_of[table] = model.from_db(DEFAULT_DB_ALIAS, names, row) if is_there else None
    shown = rows_of["i"]
    if shown is None:
        return seen, None
    shown.series, shown.blob = rows_of["q"], rows_of["b"]
    return seen, OneInstance(shown, rows_of["m"])


def _seen(by: Actor, worklist: UUID, study: str, visit: Visit) -> tuple[str, list[Any]]:
    """A guest link sees its own placements alone, as in `placements_visible_to`."""
    link = by.guest_link
    held, parameters = access.held_there(by, _RIGHTS)
    sql = _statement(held, visit.sql, visit.whose, link is not None)
    return sql, [
        *visit.whose_parameters,
        *parameters,
        visit.key,
        worklist,
        study,
        *([] if link is None else [list(link.placements)]),
    ]


@cache
def _statement(held: str, visit: str, whose: str, of_link: bool) -> str:
    """Composed once for each kind of actor: it takes as long as reading what it answers."""
    return _SEEN.format(
        held=held,
        listed="'open_study'" if of_link else "'list_studies'",
        visit=visit,
        whose=whose,
        within="AND p.uuid = ANY(%s)" if of_link else "",
    )


@cache
def _with_instance(seen: str) -> str:
    return _WITH_INSTANCE.format(columns=_COLUMNS, seen=seen)


def instances_in(study_id: int, *, series: str = "") -> list[Instance]:
    """Of a study, or of a series of it, with their blobs and series, in the order of the study's page."""
    instances = Instance.objects.filter(study=study_id).select_related("blob", "series")
    if series:
        instances = instances.filter(series__series_instance_uid=series)
    return list(
        instances.order_by(
            F("series__number").asc(nulls_last=True), "series", F("number").asc(nulls_last=True), "pk"
        )
    )


def metadata_of(instances: Sequence[Instance]) -> Iterator[tuple[Instance, InstanceMetadata | None]]:
    """Each with its stored metadata, in the given order; never more in memory than a few megabytes."""
    sizes = dict(
        InstanceMetadata.objects.filter(pk__in=[each.pk for each in instances]).values_list("pk", "size")
    )
    for some in _in_batches(instances, sizes):
        stored = InstanceMetadata.objects.defer("frame_offsets").in_bulk([each.pk for each in some])
        for each in some:
            yield each, stored.get(each.pk)


def _in_batches(instances: Sequence[Instance], sizes: dict[int, int]) -> Iterator[list[Instance]]:
    batch: list[Instance] = []
    total = 0
    for each in instances:
        size = sizes.get(each.pk, 0)
        if batch and total + size > METADATA_BYTES:
            yield batch
            batch, total = [], 0
        batch.append(each)
        total += size
    if batch:
        yield batch
