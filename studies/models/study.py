"""One DICOM study as its home worklist received it."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

# Every column that could say something of the patient or of the examination, and what it holds in a deleted study.
ERASED: dict[str, Any] = {
    "patient_name": "",
    "patient_id": "",
    "issuer_of_patient_id": "",
    "patient_birth_date_raw": "",
    "patient_birth_date": None,
    "patient_sex": "",
    "accession_number": "",
    "description": "",
    "referring_physician": "",
    "institution": "",
    "study_date_raw": "",
    "study_date": None,
    "study_time_raw": "",
    "n_series": 0,
    "n_instances": 0,
}


class Study(models.Model):
    """A study at home. Deleted, it keeps its row without patient data (who, when, why).

    Names, dates and UIDs are kept as received (`*_raw`, `patient_name`) beside the columns used for sort and search.
    That a home is a location or a group is kept by a trigger (see the migration).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    home = models.ForeignKey("worklists.Worklist", models.PROTECT, related_name="studies_at_home")
    study_instance_uid = models.CharField(max_length=64)
    patient_name = models.CharField(max_length=400, db_default="", default="")
    patient_id = models.CharField(max_length=200, db_default="", default="")
    issuer_of_patient_id = models.CharField(max_length=200, db_default="", default="")
    patient_birth_date_raw = models.CharField(max_length=40, db_default="", default="")
    patient_birth_date = models.DateField(null=True)
    patient_sex = models.CharField(max_length=16, db_default="", default="")
    study_date_raw = models.CharField(max_length=40, db_default="", default="")
    study_date = models.DateField(null=True)
    study_time_raw = models.CharField(max_length=40, db_default="", default="")
    accession_number = models.CharField(max_length=200, db_default="", default="")
    description = models.CharField(max_length=400, db_default="", default="")
    referring_physician = models.CharField(max_length=400, db_default="", default="")
    institution = models.CharField(max_length=400, db_default="", default="")
    modalities = ArrayField(models.CharField(max_length=16), default=list, db_default=[])
    n_series = models.PositiveIntegerField(default=0, db_default=0)
    n_instances = models.PositiveIntegerField(default=0, db_default=0)
    # Where it is none, nothing has to be asked before metadata and files are sent as received.
    n_corrections = models.PositiveSmallIntegerField(default=0, db_default=0)
    arrived_at = models.DateTimeField(db_default=Now())
    # Who sent it to an upload address (ADR 0049): nobody else adds to it from outside. Empty where a member or a
    # machine of the account brought it.
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="studies_sent", db_index=False
    )
    deleted_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="studies_deleted",
    )
    deleted_because = models.CharField(max_length=500, db_default="", default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["home", "study_instance_uid"],
                condition=Q(deleted_at=None),
                name="a_study_uid_is_home_to_a_worklist_once",
            ),
            models.CheckConstraint(
                name="study_deleted_at_and_by_come_together",
                condition=Q(deleted_at=None, deleted_by=None)
                | Q(deleted_at__isnull=False, deleted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="a_deleted_study_says_nothing_of_the_examination",
                condition=Q(deleted_at=None) | Q(**ERASED),
            ),
        ]
        indexes = [models.Index(fields=["study_instance_uid"], name="studies_by_uid")]

    def __str__(self) -> str:
        return f"study {self.uuid}"
