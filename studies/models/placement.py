"""The pointer: "this study is on that worklist"."""

from datetime import UTC, datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

FOREVER = datetime(9999, 12, 31, tzinfo=UTC)
NO_PATH = datetime(1970, 1, 1, tzinfo=UTC)


# The condition of `PlacementQuerySet.visible` for a statement written by hand, where the table is called `p`.
VISIBLE_SQL = "p.visible_until > statement_timestamp()"
# The same for `PlacementQuerySet.awaiting`.
AWAITING_SQL = "p.exists_until > statement_timestamp() AND p.visible_until <= statement_timestamp()"


class PlacementQuerySet(models.QuerySet["Placement"]):
    def visible(self) -> Self:
        """Those that a path of approved shares leads to, or the home's own, now."""
        return self.filter(visible_until__gt=Now())

    def awaiting(self) -> Self:
        """Those that only shares which wait for approval lead to, now."""
        return self.filter(exists_until__gt=Now(), visible_until__lte=Now())

    def overdue(self) -> Self:
        """Those whose time is over and that no settling has removed."""
        # The second condition says again what the first implies: it is the index's own.
        return self.filter(exists_until__lte=Now(), exists_until__lt=FOREVER)

    def with_names(self) -> Self:
        """With the study and what the worklist's label and its account's name are read from."""
        return self.select_related("study", "worklist__account", "worklist__owner")


class Placement(models.Model):
    """One per (study, worklist): home's, and one for each worklist that shares reach.

    The three times are written by `sharing` alone, from `sharing.law`. A trigger gives the row its uuid (derived
    from study and worklist, so that it survives re-sharing) and the sort and search keys.
    """

    uuid = models.UUIDField(unique=True, editable=False)
    # Both are found by an index or a constraint that begins with them.
    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="placements", db_index=False)
    worklist = models.ForeignKey(
        "worklists.Worklist", models.PROTECT, related_name="placements", db_index=False
    )
    is_home = models.BooleanField(default=False, db_default=False)
    visible_until = models.DateTimeField()
    internal_until = models.DateTimeField()
    exists_until = models.DateTimeField()
    arrived_at = models.DateTimeField(db_default=Now())

    study_date = models.DateField(db_default="0001-01-01", editable=False)
    study_time = models.TimeField(db_default="00:00", editable=False)
    name_key = models.CharField(max_length=400, db_default="", editable=False)
    name_words = models.TextField(db_default="", editable=False)
    mrn_key = models.CharField(max_length=200, db_default="", editable=False)
    accession_key = models.CharField(max_length=200, db_default="", editable=False)
    modalities = ArrayField(models.CharField(max_length=16), db_default=[], editable=False)

    # In what the patient disagrees with what was on the worklist under the same MRN, until a person decides.
    differs = ArrayField(models.CharField(max_length=10), default=list, db_default=[])
    # A person decided that the patient is right: it is not marked again by comparing older studies.
    is_confirmed = models.BooleanField(default=False, db_default=False)

    # The number that the worklist's office has for the patient, noted beside the MRN, and as it is searched.
    own_mrn = models.CharField(max_length=64, blank=True, default="", db_default="")
    own_mrn_key = models.CharField(max_length=200, default="", db_default="", editable=False)

    # Of a placement that `selectors.placement_to_view` read: whether its shares still wait for approval, and whether
    # one of them would make it internal, so that the original's trail has what an approver views.
    is_awaiting: bool = False
    is_asked_inside: bool = False

    objects = PlacementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "worklist"], name="a_study_is_on_a_worklist_once"),
            models.CheckConstraint(
                name="internal_ends_within_visible_within_existing",
                condition=Q(
                    internal_until__lte=F("visible_until"),
                    visible_until__lte=F("exists_until"),
                ),
            ),
            models.CheckConstraint(
                name="home_is_for_ever",
                condition=Q(is_home=False) | Q(internal_until=FOREVER),
            ),
        ]
        indexes = [
            models.Index(
                F("worklist"),
                F("arrived_at").desc(),
                F("id").desc(),
                name="placements_by_arrival",
            ),
            models.Index(
                F("worklist"),
                F("study_date").desc(),
                F("study_time").desc(),
                F("id").desc(),
                name="placements_by_study_time",
            ),
            models.Index(F("worklist"), F("name_key"), F("id"), name="placements_by_name"),
            GinIndex(
                F("worklist"),
                OpClass(F("name_words"), "gin_trgm_ops"),
                name="placements_by_words",
            ),
            models.Index(
                F("worklist"),
                OpClass(F("mrn_key"), "text_pattern_ops"),
                name="placements_mrn_search",
            ),
            models.Index(
                F("worklist"),
                OpClass(F("accession_key"), "text_pattern_ops"),
                name="placements_accession_search",
            ),
            models.Index(
                F("worklist"),
                OpClass(F("own_mrn_key"), "text_pattern_ops"),
                name="placements_own_mrn_search",
                condition=Q(own_mrn_key__gt=""),
            ),
            GinIndex(F("worklist"), F("modalities"), name="placements_by_modality"),
            models.Index(
                fields=["exists_until"],
                name="placements_that_will_end",
                condition=Q(exists_until__lt=FOREVER),
            ),
        ]

    def __str__(self) -> str:
        return f"placement {self.uuid}"


class LastVisit(models.Model):
    """When a person last visited a worklist: what arrived since is new to them."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="last_visits")
    worklist = models.ForeignKey("worklists.Worklist", models.CASCADE, related_name="last_visits")
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "worklist"],
                name="one_last_visit_for_a_user_and_worklist",
            ),
        ]

    def __str__(self) -> str:
        return f"last visit {self.pk}"
