"""What the viewer shows of a study: its series with their view copies, and a pack on a placement."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q

from audit.actor import Actor
from common import prepared
from studies.models import Instance, Series, ViewCopy
from studies.selectors.images import Visit
from studies.selectors.visibility import rights_to_see, seen_there
from worklists import access

FINAL = (ViewCopy.State.READY, ViewCopy.State.FAILED)


@dataclass(frozen=True)
class ViewerSeen:
    """A placement's study that the actor sees, or one pack of it, and whether they may open it."""

    study_id: int
    may_open: bool
    # Whether this visit's viewing of the placement is in the audit trail already.
    is_noted: bool
    visit_hash: str
    size: int


_SEEN = """
SELECT s.id, 'open_study' = ANY(may.rights), EXISTS (
        SELECT FROM studies_imagesserved n
        WHERE {whose} AND n.placement_uuid = p.uuid AND n.session_hash = visit.hash), visit.hash, {size}
FROM studies_placement p
JOIN worklists_worklist w ON w.id = p.worklist_id
CROSS JOIN LATERAL ({held}) AS may (rights, role)
CROSS JOIN LATERAL (SELECT {visit} AS hash) visit
JOIN studies_study s ON s.id = p.study_id {join}
WHERE p.uuid = %s AND {seen} {which}
"""
_PACK = "JOIN studies_series e ON e.study_id = s.id JOIN studies_viewcopy v ON v.series_id = e.id"


def study_seen_on(by: Actor, *, placement: UUID, visit: Visit, pack: UUID | None = None) -> ViewerSeen | None:
    """One statement; with a `pack` only where the study has that pack."""
    if by.guest_link is not None and placement not in by.guest_link.placements:
        return None
    held, held_parameters = access.held_there(by, rights_to_see(by, in_viewer=True))
    of_pack = pack is not None
    rows = prepared.rows(
        _SEEN.format(
            held=held,
            seen=seen_there(by, in_viewer=True),
            visit=visit.sql,
            whose=visit.whose,
            size="v.size" if of_pack else "0",
            join=_PACK if of_pack else "",
            which="AND v.uuid = %s" if of_pack else "",
        ),
        [
            *visit.whose_parameters,
            *held_parameters,
            visit.key,
            placement,
            *([pack] if of_pack else []),
        ],
    )
    return ViewerSeen(*rows[0]) if rows else None


@dataclass(frozen=True)
class ViewerSeries:
    """A series with its view copy, if there is one. Where none is made yet, `images` are its instances with images;
    `others` are those without."""

    series: Series
    copy: ViewCopy | None
    images: Sequence[Instance] = field(default_factory=list)
    others: Sequence[Instance] = field(default_factory=list)

    @property
    def is_final(self) -> bool:
        return self.copy is not None and self.copy.state in FINAL

    @property
    def is_asked_for(self) -> bool:
        """Whether somebody works at its copy already, or will without being asked."""
        return self.copy is not None and (
            self.copy.state != ViewCopy.State.WAITING or self.copy.due_at is not None
        )


def viewer_series(study_id: int) -> list[ViewerSeries]:
    """In the order of their numbers: two statements, however many instances there are."""
    listed = list(Series.objects.filter(study=study_id).select_related("view_copy").order_by("number", "id"))
    copies = {series.pk: getattr(series, "view_copy", None) for series in listed}
    without = [pk for pk, copy in copies.items() if copy is None or copy.state not in FINAL]
    images: dict[int, list[Instance]] = defaultdict(list)
    others: dict[int, list[Instance]] = defaultdict(list)
    wanted = Instance.objects.filter(Q(series__in=without) | Q(frames=0), study=study_id)
    for instance in wanted.select_related("blob").in_order():
        (images if instance.frames else others)[instance.series_id].append(instance)
    return [
        ViewerSeries(series, copies[series.pk], images[series.pk], others[series.pk]) for series in listed
    ]


def series_with(blob_ids: Collection[int]) -> set[int]:
    """The series that have an instance of these bytes."""
    return {*Instance.objects.filter(blob__in=blob_ids).values_list("series", flat=True)}
