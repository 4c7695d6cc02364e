"""Series, instances, and the bytes they share."""

import uuid
from functools import reduce
from operator import and_
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Aggregate, Avg, Case, Count, F, Max, Min, Q, Value, When, Window
from django.db.models.functions import Now, NullIf
from django.db.models.lookups import Exact, GreaterThan
from django.utils.translation import gettext_lazy

from studies.renderer import OVERLAYS_LEFT_OUT

# Of the pictures beside the bytes: a release that makes them otherwise counts it up, and says which older pictures
# would be others now. These are made anew.
PICTURES_MAKER = 1
OLD_PICTURES = Q(
    preview__in=["ready", "failed"],
    preview_maker__lt=PICTURES_MAKER,
    preview_note__contains=OVERLAYS_LEFT_OUT,
)
# How far the normals of slices that count as parallel may differ in each direction.
NOT_PARALLEL = 0.01


def folder_of(sha256: str) -> str:
    """Where everything of one blob is in the `dicom` storage."""
    return f"{sha256[:2]}/{sha256[2:4]}/"


def beginning_of(sha256: str) -> str:
    """How the keys of the bytes and of every picture beside them begin."""
    return f"{folder_of(sha256)}{sha256}."


def key_of(sha256: str) -> str:
    """Where the bytes are."""
    return f"{beginning_of(sha256)}dcm"


class Blob(models.Model):
    """Bytes stored once, by their hash, in the `dicom` storage; previews are stored beside them."""

    class Preview(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Preparing")
        READY = "ready", gettext_lazy("Ready")
        NONE = "none", gettext_lazy("No images")
        FAILED = "failed", gettext_lazy("Cannot be shown")

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()
    stored_at = models.DateTimeField(db_default=Now())
    preview = models.CharField(max_length=10, choices=Preview, default=Preview.WAITING, db_default="waiting")
    preview_note = models.CharField(max_length=200, default="", db_default="")
    preview_claimed_until = models.DateTimeField(null=True)
    # By which PICTURES_MAKER they were made.
    preview_maker = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_blob_is_named_by_its_sha256",
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="previews_waiting", condition=Q(preview="waiting")),
            models.Index(fields=["id"], name="previews_of_an_older_maker", condition=OLD_PICTURES),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def key(self) -> str:
        """Where the bytes are in the storage."""
        return key_of(self.sha256)

    def preview_key(self, frame: int, *, thumbnail: bool = False) -> str:
        """Where the PNG of a frame (from 1) is in the storage."""
        size = "thumb" if thumbnail else "full"
        return f"{beginning_of(self.sha256)}{frame}.{size}.png"


class Series(models.Model):
    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="series")
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    series_instance_uid = models.CharField(max_length=64)
    modality = models.CharField(max_length=16, db_default="", default="")
    number = models.IntegerField(null=True)
    description = models.CharField(max_length=400, db_default="", default="")
    body_part = models.CharField(max_length=64, db_default="", default="")
    n_instances = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "series_instance_uid"],
                name="a_series_uid_is_in_a_study_once",
            ),
        ]
        indexes = [models.Index(fields=["series_instance_uid"], name="series_by_uid")]

    def __str__(self) -> str:
        return f"series {self.uuid}"


def _over_series(each: Aggregate) -> Window:
    return Window(each, partition_by=[F("series")])


class InstanceQuerySet(models.QuerySet["Instance"]):
    def in_order(self, *series_by: str) -> Self:
        """As the images of a series are shown, wherever they are.

        By position along the slice normal, where all images of the series are parallel slices; else by number; else
        by the time of acquisition and of content; else by arrival. Several series are in the order of `series_by`.
        """
        images = Q(frames__gt=0)
        normal, corner = ([F(f"slice__{place}") for place in places] for places in (range(3), range(3, 6)))
        means = [_over_series(Avg(part, filter=images)) for part in normal]
        parallel = [
            GreaterThan(
                Value(NOT_PARALLEL),
                _over_series(Max(part, filter=images)) - _over_series(Min(part, filter=images)),
            )
            for part in normal
        ]
        is_told = Exact(_over_series(Count("slice", filter=images)), _over_series(Count("id", filter=images)))
        along = sum((part * mean for part, mean in zip(corner, means, strict=True)), start=Value(0.0))
        position = Case(
            When(reduce(and_, map(Q, (is_told, *parallel))), then=along), output_field=models.FloatField()
        )
        return self.order_by(
            *series_by,
            "series",
            position.asc(nulls_last=True),
            F("number").asc(nulls_last=True),
            NullIf(F("taken"), Value("")).asc(nulls_last=True),
            "id",
        )


class Instance(models.Model):
    """One SOP instance. `study` repeats the series' study, so that its UID is unique within the study."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    series = models.ForeignKey(Series, models.CASCADE, related_name="instances")
    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="instances")
    blob = models.ForeignKey(Blob, models.PROTECT, related_name="instances")
    sop_instance_uid = models.CharField(max_length=64)
    sop_class_uid = models.CharField(max_length=64)
    transfer_syntax_uid = models.CharField(max_length=64, db_default="", default="")
    number = models.IntegerField(null=True)
    # Of a slice in space its normal and the position of its corner: six numbers (studies.ingest.image_order).
    slice = ArrayField(models.FloatField(), null=True)
    taken = models.CharField(max_length=60, default="", db_default="")
    rows = models.PositiveIntegerField(null=True)
    columns = models.PositiveIntegerField(null=True)
    frames = models.PositiveIntegerField(default=0, db_default=0)
    # How the file differs from the standard, as codes of `studies.deviations`.
    deviations = ArrayField(models.CharField(max_length=30), default=list, db_default=[])
    arrived_at = models.DateTimeField(db_default=Now())

    objects = InstanceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "sop_instance_uid"],
                name="an_instance_uid_is_in_a_study_once",
            ),
        ]
        indexes = [
            models.Index(fields=["series", "number", "id"], name="instances_in_order"),
            models.Index(fields=["sop_instance_uid"], name="instances_by_uid"),
        ]

    def __str__(self) -> str:
        return f"instance {self.uuid}"


class InstanceMetadata(models.Model):
    """An instance in the DICOM JSON model, and where its frames lie in its file: written once, when it is taken in.

    It is a row of its own, so that nothing else that reads instances carries it along. `json` is as
    `studies.ingest.json_model` writes it: text, which is sent without being read again.
    """

    instance = models.OneToOneField(Instance, models.CASCADE, primary_key=True, related_name="metadata")
    json = models.TextField()
    # The bytes of `json`: how many rows fit into memory is known before they are read.
    size = models.PositiveBigIntegerField()
    pixels_at = models.BigIntegerField(null=True)
    pixels_length = models.BigIntegerField(null=True)
    # Native pixel data: the bytes of each frame. Encapsulated: where each begins, and last where they end.
    frame_bytes = models.BigIntegerField(null=True)
    frame_offsets = ArrayField(models.BigIntegerField(), null=True)

    def __str__(self) -> str:
        return f"metadata of instance {self.pk}"


class ImagesServed(models.Model):
    """That a viewing of a placement's images is in the audit trail: once a visit, however many frames.

    A visit is a session of a user (`user`) or of a guest link (no user), or a day of a user's token.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    placement_uuid = models.UUIDField()
    session_hash = models.CharField(max_length=64)
    first_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "placement_uuid", "session_hash"],
                name="images_served_is_noted_once_a_session",
            ),
            models.UniqueConstraint(
                fields=["placement_uuid", "session_hash"],
                name="images_served_is_noted_once_a_guests_session",
                condition=Q(user=None),
            ),
        ]

    def __str__(self) -> str:
        return f"images served {self.pk}"
