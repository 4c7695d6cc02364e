"""Files on their way in: received by the web process, taken in by a worker."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from audit.actor import Actor


class Upload(models.Model):
    """Files that are sent to a worklist together: they wait in the storage until a worker has taken them in.

    While it is open, more of them may arrive, and what has arrived is taken in meanwhile.
    """

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting")
        DONE = "done", gettext_lazy("Done")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    worklist = models.ForeignKey("worklists.Worklist", models.CASCADE, related_name="uploads")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="uploads")
    # Whose upload address it was sent to (ADR 0049), where it was: the studies arrive on `worklist`, and are handed on.
    sent_to = models.ForeignKey(
        "worklists.Worklist", models.PROTECT, null=True, related_name="uploads_sent", db_index=False
    )
    handed_on_at = models.DateTimeField(null=True)
    # Why the studies could not be handed on: they stay where they arrived.
    not_handed_on = models.CharField(max_length=300, default="", db_default="")
    # From where it was sent: the worker's events about it record it too.
    ip_address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_default="waiting")
    claimed_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # Until when the rest may arrive; empty once all is sent or the person has ended it.
    open_until = models.DateTimeField(null=True)
    # How many files the person chose, while these arrive in parts.
    n_announced = models.PositiveIntegerField(default=0, db_default=0)
    n_bytes = models.PositiveBigIntegerField(default=0, db_default=0)
    # How many studies its page has shown before it was done.
    n_shown = models.PositiveIntegerField(default=0, db_default=0)
    n_files = models.PositiveIntegerField(default=0, db_default=0)
    n_done = models.PositiveIntegerField(default=0, db_default=0)
    n_new = models.PositiveIntegerField(default=0, db_default=0)
    n_known = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="only_an_upload_to_an_address_is_handed_on",
                condition=models.Q(handed_on_at=None) | models.Q(sent_to__isnull=False, state="done"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="uploads_to_hand_on",
                condition=models.Q(state="done", sent_to__isnull=False, handed_on_at=None),
            ),
            models.Index(
                fields=["created_at"],
                name="uploads_waiting",
                condition=models.Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"upload {self.uuid}"

    @property
    def n_expected(self) -> int:
        return max(self.n_announced, self.n_files)

    @property
    def n_missing(self) -> int:
        """Files that were chosen and never arrived."""
        return self.n_expected - self.n_files

    @property
    def actor(self) -> Actor:
        """Who sent it, from where."""
        return Actor.of(self.by, self.ip_address)


class UploadedFile(models.Model):
    """One file of an upload. `name` is what the person called it: shown to them, never used as a path.

    A refused file, or a refused member of a ZIP, keeps its sentence; a file that is no study and need not be
    (`is_aside`) what it is; one that was taken in, how it differs from the standard.
    """

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="files")
    name = models.CharField(max_length=300)
    key = models.CharField(max_length=120, default="", db_default="")
    # By which the sender's browser knows it again: a digest, which says nothing about the file.
    mark = models.CharField(max_length=64, default="", db_default="")
    done_at = models.DateTimeField(null=True)
    refused_because = models.CharField(max_length=300, default="", db_default="")
    is_aside = models.BooleanField(default=False, db_default=False)
    deviations = ArrayField(models.CharField(max_length=30), default=list, db_default=[])

    def __str__(self) -> str:
        return f"file {self.pk}"


class UploadedPiece(models.Model):
    """A piece of a file too large for one request: the file is one of the upload once all its pieces are there.

    The rows go when the file is taken in, or when the upload is done without it.
    """

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="pieces")
    mark = models.CharField(max_length=64)
    start = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField()
    key = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "mark", "start"], name="a_piece_of_an_uploaded_file_arrives_once"
            ),
        ]

    def __str__(self) -> str:
        return f"piece {self.pk}"


class UploadedStudy(models.Model):
    """A study that files of an upload belong to, and how many of them were new and how many were there."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="studies")
    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="uploaded_with")
    n_new = models.PositiveIntegerField(default=0, db_default=0)
    n_known = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["upload", "study"], name="an_upload_counts_a_study_once"),
        ]

    def __str__(self) -> str:
        return f"study {self.study_id} of upload {self.upload_id}"


class OtherPatient(models.Model):
    """What tells the patient of a refused file from the patient of the study it says it belongs to.

    It goes when the study is deleted.
    """

    file = models.OneToOneField(UploadedFile, models.CASCADE, related_name="other_patient")
    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="other_patients")
    study_initials = models.CharField(max_length=20, default="")
    study_born = models.CharField(max_length=40, default="")
    file_initials = models.CharField(max_length=20, default="")
    file_born = models.CharField(max_length=40, default="")

    def __str__(self) -> str:
        return f"other patient in file {self.file_id}"
