"""The view copy of a series: its images in a second form, made for the viewer."""

from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from studies.renderer import OVERLAYS_LEFT_OUT, TABLE_NOT_APPLIED

PACKS = "views/"
# A release that makes copies otherwise counts it up, and says which older copies would be others now. These are made
# anew: those of before 1 that leave out what is shown now; those of before 2, which have no coarse parts, where a slow
# line takes seconds for their heads.
COPIES_MAKER = 2
MANY_HEADS = 1024 * 1024
OLD_COPIES = (
    Q(state__in=["ready", "failed"], maker__lt=1)
    & (Q(note__contains=OVERLAYS_LEFT_OUT) | Q(note__contains=TABLE_NOT_APPLIED))
) | Q(state="ready", maker__lt=2, head_size__gt=MANY_HEADS)


def pack_key(uuid: UUID) -> str:
    """Where a pack is in the `dicom` storage."""
    return f"{PACKS}{uuid.hex[:2]}/{uuid}.pack"


class ViewCopy(models.Model):
    """A series for the viewer: coarse parts of all frames in one file, then the heads and the tails in the same order.

    A new pack has a new `uuid`. While more images wait to be packed, the last pack is still served to a viewer that
    has begun with it. `part` is the series' own part of the manifest as text, which is sent without being read again.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        READY = "ready"
        NONE = "none"
        FAILED = "failed"

    series = models.OneToOneField("studies.Series", models.CASCADE, related_name="view_copy")
    uuid = models.UUIDField(null=True, unique=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_default="waiting")
    # Sentences of `studies.renderer`, a line each, translated where they are shown.
    note = models.CharField(max_length=400, default="", db_default="")
    # Of single frames that have no pixels: [index, sentence].
    failed: Any = models.JSONField(default=list, db_default=[])
    part = models.TextField(default="", db_default="")
    n_frames = models.PositiveIntegerField(default=0, db_default=0)
    # The instance whose picture stands for the series.
    cover = models.UUIDField(null=True)
    size = models.PositiveBigIntegerField(default=0, db_default=0)
    # Of coarse parts and heads together.
    head_size = models.PositiveBigIntegerField(default=0, db_default=0)
    sha256 = models.CharField(max_length=64, default="", db_default="")
    # Counts up with every arrival in the series: a pack of what was there before is not taken.
    version = models.PositiveIntegerField(default=1, db_default=1)
    # From when on it is made; empty until somebody opens the study, where copies are made on opening.
    due_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    # By which COPIES_MAKER it was made.
    maker = models.SmallIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_ready_view_copy_has_its_pack",
                condition=~Q(state="ready") | Q(uuid__isnull=False, size__gt=0, head_size__gt=0),
            ),
            models.CheckConstraint(
                name="the_heads_of_a_pack_are_a_part_of_it",
                condition=Q(head_size__lte=models.F("size")),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="view_copies_waiting", condition=Q(state="waiting")),
            models.Index(fields=["series"], name="view_copies_of_an_older_maker", condition=OLD_COPIES),
        ]

    def __str__(self) -> str:
        return f"view copy of series {self.series_id}"

    @property
    def key(self) -> str:
        """Where the pack is in the storage; empty without one."""
        return pack_key(self.uuid) if self.uuid is not None else ""


class LeftoverPack(models.Model):
    """A pack that no series has: of a deleted study, replaced by a newer one, or being written at this moment."""

    uuid = models.UUIDField(primary_key=True)
    # Until then somebody may still be writing it.
    kept_until = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"leftover pack {self.uuid}"

    @property
    def key(self) -> str:
        return pack_key(self.uuid)
