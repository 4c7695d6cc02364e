"""Files on their way in: received by the web process, taken in by a worker."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from audit.actor import Actor


class Upload(models.Model):
    """One press of Upload: its files wait in the storage until a worker has taken them in."""

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting")
        DONE = "done", gettext_lazy("Done")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    worklist = models.ForeignKey("worklists.Worklist", models.CASCADE, related_name="uploads")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="uploads")
    # From where it was sent: the worker's events about it record it too.
    ip_address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_default="waiting")
    claimed_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    n_files = models.PositiveIntegerField(default=0, db_default=0)
    n_done = models.PositiveIntegerField(default=0, db_default=0)
    n_new = models.PositiveIntegerField(default=0, db_default=0)
    n_known = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["created_at"],
                name="uploads_waiting",
                condition=models.Q(state="waiting"),
            ),
        ]

    def __str__(self) -> str:
        return f"upload {self.uuid}"

    @property
    def actor(self) -> Actor:
        """Who sent it, from where."""
        return Actor.of(self.by, self.ip_address)


class UploadedFile(models.Model):
    """One file of an upload. `name` is what the person called it: shown to them, never used as a path.

    A refused file, or a refused member of a ZIP, keeps its sentence.
    """

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="files")
    name = models.CharField(max_length=300)
    key = models.CharField(max_length=120, default="", db_default="")
    done_at = models.DateTimeField(null=True)
    refused_because = models.CharField(max_length=300, default="", db_default="")

    def __str__(self) -> str:
        return f"file {self.pk}"
