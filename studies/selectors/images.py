"""Series, instances and frames of a study, as its page shows them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db.models import CharField, Count, Func, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext as _

from audit.actor import Actor
from common import prepared
from studies.deidentified import may_show_text
from studies.deviations import in_words
from studies.models import Blob, Instance, Series, Study
from studies.models.placement import VISIBLE_SQL
from studies.object_kinds import is_image_class, kind_of
from studies.renderer import FRAMES_SHOWN
from studies.selectors.visibility import rights_to_see, seen_there
from worklists import access


class Unnest(Func):
    """Of an array each element, a row for each."""

    function = "unnest"
    output_field = CharField()
    set_returning = True


class ListedSeries(NamedTuple):
    """A series as a study's page lists it. `cover` is its first instance with images, `state` of that one's preview.

    `first_class` is the class of its first object, `positions` are as many as `images_in` has, and `waiting` counts the
    instances whose pictures are not prepared yet.
    """

    series: Series
    cover: UUID | None
    state: str | None
    first_class: str | None
    positions: int
    waiting: int

    @classmethod
    def of(cls, series: Series) -> "ListedSeries":
        read = vars(series)
        return cls(series, *(read[name] for name in cls._fields[1:]))


@dataclass(frozen=True)
class Image:
    """One position in a series: a frame of an instance, or an instance that has none to show (`frame` is 0)."""

    instance: Instance
    frame: int

    @property
    def state(self) -> str:
        return self.instance.blob.preview if self.frame else Blob.Preview.NONE

    @property
    def kind(self) -> str:
        """What an object without images is called."""
        return kind_of(self.instance.sop_class_uid)

    @property
    def notes(self) -> list[str]:
        """What the renderer has to say of the pictures, or in place of them."""
        return [_(note) for note in self.instance.blob.preview_note.splitlines()]


@dataclass(frozen=True)
class InstanceSeen:
    """An instance, as far as a file of its pictures needs it."""

    blob: Blob
    frames: int
    may_open: bool
    may_download: bool
    # Whether this visit's viewing of the placement is in the audit trail already.
    is_noted: bool
    visit_hash: str
    study_id: int
    is_corrected: bool


def deviations_of(study: Study) -> list[tuple[str, int]]:
    """How files of the study differ from the standard: a sentence each, and the number of files."""
    files = Instance.objects.filter(study=study).exclude(deviations=[])
    each = files.annotate(code=Unnest("deviations")).values_list("code").annotate(number=Count("id"))
    return in_words(dict(each.order_by()))


def series_of(study: Study) -> list[ListedSeries]:
    """In the order of their numbers."""
    objects = Instance.objects.filter(series=OuterRef("pk")).in_order()
    instances = objects.filter(frames__gt=0)
    rows = (
        Series.objects.filter(study=study)
        .annotate(
            cover=Subquery(instances.values("uuid")[:1]),
            first_class=Subquery(objects.values("sop_class_uid")[:1]),
            state=Subquery(instances.values("blob__preview")[:1]),
            positions=Sum(Greatest(Least("instances__frames", Value(FRAMES_SHOWN)), Value(1)), default=0),
            waiting=Count("instances", filter=Q(instances__blob__preview=Blob.Preview.WAITING)),
        )
        .order_by("number", "id")
    )
    return [ListedSeries.of(series) for series in rows]


def chosen_series(listed: Sequence[ListedSeries], uuid: UUID | None) -> Series | None:
    """The series that was asked for, else the first whose images can be shown, else the first that has some."""
    if asked := next((each.series for each in listed if each.series.uuid == uuid), None):
        return asked
    with_images = [each for each in listed if each.cover is not None]
    can_be_shown = [each for each in with_images if each.state != Blob.Preview.FAILED]
    return next((each.series for each in (*can_be_shown, *with_images, *listed)), None)


def images_in(series: Series) -> list[Image]:
    """Every position of a series, in order."""
    instances = series.instances.select_related("blob").in_order()
    return [
        Image(instance, frame)
        for instance in instances
        for frame in (range(1, min(instance.frames, FRAMES_SHOWN) + 1) if instance.frames else (0,))
    ]


def files_of(studies: Sequence[Study], series: Collection[UUID] = ()) -> dict[int, list[Instance]]:
    """Each study's instances with their blobs, of all series or those named; studies without instances are left out.

    Nothing where a named series is of none of the studies.
    """
    instances = Instance.objects.filter(study__in=studies).select_related("blob", "series")
    instances = instances.in_order("series__number")
    if series:
        named = set(Series.objects.filter(study__in=studies, uuid__in=series).values_list("uuid", flat=True))
        if named != set(series):
            return {}
        instances = instances.filter(series__uuid__in=named)
    files: dict[int, list[Instance]] = {}
    for instance in instances:
        files.setdefault(instance.study_id, []).append(instance)
    return files


def left_out_of_deidentified(studies: Sequence[Study]) -> tuple[int, int]:
    """How many objects are no images, and how many images may have the patient's name in their pictures."""
    annotation = {
        word: Q(metadata__json__regex=rf'"00280301":\s*\{{[^}}]*"{word}"') for word in ("YES", "NO")
    }
    classes = (
        Instance.objects.filter(study__in=studies)
        .values_list("sop_class_uid")
        .annotate(
            number=Count("id"),
            **{word: Count("id", filter=condition) for word, condition in annotation.items()},
        )
        .order_by()
    )
    others = with_text = 0
    for sop_class, number, yes, no in classes:
        if not is_image_class(sop_class):
            others += number
        else:
            with_text += number - no if may_show_text(sop_class, "") else yes
    return others, with_text


def preparing(study: Study) -> tuple[int, int]:
    """How many of a study's instances have been prepared, and of how many."""
    seen = study.instances.exclude(blob__preview=Blob.Preview.NONE).aggregate(
        all=Count("pk"), waiting=Count("pk", filter=Q(blob__preview=Blob.Preview.WAITING))
    )
    return seen["all"] - seen["waiting"], seen["all"]


def instance_seen_by(
    by: Actor, *, placement: UUID, instance: UUID, visit: "Visit", in_viewer: bool
) -> InstanceSeen | None:
    """An instance of a study that the actor sees there, and whether they may open and download it: one statement.

    `in_viewer`: also of what waits for the actor's approval.
    """
    if by.guest_link is not None and placement not in by.guest_link.placements:
        return None
    # Asked for each of a thousand pictures: unprepared, planning takes ten times as long as the answer.
    held, held_parameters = access.held_there(by, rights_to_see(by, in_viewer=in_viewer))
    seen = seen_there(by, in_viewer=in_viewer)
    rows = prepared.rows(
        _SEEN.format(held=held, seen=seen, visit=visit.sql, whose=visit.whose),
        [*visit.whose_parameters, *held_parameters, visit.key, placement, instance],
    )
    if not rows:
        return None
    [(pk, sha256, size, preview, frames, *more)] = rows
    blob = Blob(pk=pk, sha256=sha256, size=size, preview=preview)
    return InstanceSeen(blob, min(frames, FRAMES_SHOWN), *more)


@dataclass(frozen=True)
class Visit:
    """What counts as one viewing: a session of a user or a guest, or one day of a token.

    It is kept as a hash, so that no row reveals a session's key.
    """

    key: str
    user_id: int | None
    daily: bool = False

    # Of a token that the same statement reads as `asking` (`worklists.services.person_with_token`).
    asked_with: bool = False

    @classmethod
    def of(cls, by: Actor, session: str) -> "Visit":
        if by.token is not None:
            return cls(f"token {by.token.uuid} ", by.user_id, daily=True)
        if by.guest_link is not None:
            return cls(f"guest link {by.guest_link.uuid} {session}", None)
        return cls(session, by.user_id)

    @property
    def sql(self) -> str:
        day = " || to_char(statement_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD')" if self.daily else ""
        # What is viewed before the approval of `p` is another viewing than what is viewed after it.
        before = f" || CASE WHEN {VISIBLE_SQL} THEN '' ELSE ' before approval' END"
        key = "('token ' || asking.token_uuid || ' ')" if self.asked_with else "%s::text"
        return f"encode(sha256(convert_to({key}{day}{before}, 'UTF8')), 'hex')"

    @property
    def whose(self) -> str:
        if self.asked_with:
            return "n.user_id = asking.owner_id"
        return "n.user_id = %s" if self.user_id is not None else "n.user_id IS NULL"

    @property
    def whose_parameters(self) -> list[int]:
        return [self.user_id] if self.user_id is not None else []


OF_ASKING = Visit("", None, daily=True, asked_with=True)


_SEEN = """
SELECT b.id, b.sha256, b.size, b.preview, i.frames,
    'open_study' = ANY(may.rights), 'download_study' = ANY(may.rights), EXISTS (
        SELECT FROM studies_imagesserved n
        WHERE {whose} AND n.placement_uuid = p.uuid AND n.session_hash = visit.hash), visit.hash,
    s.id, s.n_corrections > 0
FROM studies_placement p
JOIN worklists_worklist w ON w.id = p.worklist_id
CROSS JOIN LATERAL ({held}) AS may (rights, role)
CROSS JOIN LATERAL (SELECT {visit} AS hash) visit
JOIN studies_study s ON s.id = p.study_id
JOIN studies_instance i ON i.study_id = p.study_id
JOIN studies_blob b ON b.id = i.blob_id
WHERE p.uuid = %s AND i.uuid = %s AND {seen}
"""
