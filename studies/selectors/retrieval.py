"""A study on a worklist by its UID, and its instances: what DICOMweb hands out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F

from audit.actor import Actor
from common import prepared
from studies.models import Instance, InstanceMetadata
from studies.models.placement import VISIBLE_SQL
from studies.selectors.images import Visit
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


# Where a worklist has two studies of one UID, home's own is served, then the one that arrived first.
_SEEN = f"""
SELECT p.uuid, p.study_id, p.worklist_id IN ({{opened}}), p.worklist_id IN ({{taken}}), EXISTS (
        SELECT FROM studies_imagesserved n
        WHERE {{whose}} AND n.placement_uuid = p.uuid AND n.session_hash = visit.hash), visit.hash,
    s.n_corrections > 0
FROM studies_study s
CROSS JOIN (SELECT {{visit}} AS hash) visit
JOIN studies_placement p ON p.study_id = s.id
JOIN worklists_worklist w ON w.id = p.worklist_id
WHERE w.uuid = %s AND s.study_instance_uid = %s AND {VISIBLE_SQL} AND p.worklist_id IN ({{listed}})
ORDER BY p.is_home DESC, p.arrived_at, p.id LIMIT 1
"""


def study_seen_by(by: Actor, *, worklist: UUID, study: str, visit: Visit) -> StudySeen | None:
    """The study of this UID that the worklist serves to the actor: one statement."""
    if by.guest_link is not None:
        return None
    listed, listed_parameters = access.worklist_ids(by, "list_studies")
    opened, opened_parameters = access.worklist_ids(by, "open_study")
    taken, taken_parameters = access.worklist_ids(by, "download_study")
    rows = prepared.rows(
        _SEEN.format(listed=listed, opened=opened, taken=taken, visit=visit.sql, whose=visit.whose),
        [
            *opened_parameters,
            *taken_parameters,
            *visit.whose_parameters,
            visit.key,
            worklist,
            study,
            *listed_parameters,
        ],
    )
    return StudySeen(*rows[0]) if rows else None


def instances_in(study_id: int, *, series: str = "", instance: str = "") -> list[Instance]:
    """Of a study, or of a series of it, with their blobs and series, in the order of the study's page."""
    instances = Instance.objects.filter(study=study_id).select_related("blob", "series")
    if series:
        instances = instances.filter(series__series_instance_uid=series)
    if instance:
        instances = instances.filter(sop_instance_uid=instance)
    return list(
        instances.order_by(
            F("series__number").asc(nulls_last=True), "series", F("number").asc(nulls_last=True), "pk"
        )
    )


def layout_row_of(instance: Instance) -> InstanceMetadata | None:
    """Where the frames of an instance lie in its file, without the rest of its metadata."""
    return InstanceMetadata.objects.defer("json").filter(pk=instance.pk).first()


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
