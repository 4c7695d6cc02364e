"""Studies on their way to another system: a row for each study and destination, carried out by a worker."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from audit.actor import Actor


class Sending(models.Model):
    """A study that a person asked to send from a worklist to a destination.

    The files are sent in the order of their arrival; `last_instance` is the key of the last that was dealt with, so
    that a worker continues where another stopped. Codes (`why`, `refusals`) are of `studies.sending.reasons`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", gettext_lazy("Waiting")
        SENDING = "sending", gettext_lazy("Sending")
        DONE = "done", gettext_lazy("Sent")
        PARTLY = "partly", gettext_lazy("Sent in part")
        FAILED = "failed", gettext_lazy("Not sent")
        CANCELLED = "cancelled", gettext_lazy("Cancelled")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="sendings")
    worklist = models.ForeignKey("worklists.Worklist", models.CASCADE, related_name="sendings")
    placement_uuid = models.UUIDField()
    destination = models.ForeignKey("worklists.Destination", models.CASCADE, related_name="sendings")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sendings")
    # From where it was asked for: the worker's events about it record it too.
    ip_address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_default="waiting")
    due_at = models.DateTimeField(db_default=Now())
    claimed_until = models.DateTimeField(null=True)
    # Counts claims: what a worker writes counts only while its claim is the last.
    n_claims = models.PositiveIntegerField(default=0, db_default=0)
    # Attempts since a file was last taken.
    n_attempts = models.PositiveIntegerField(default=0, db_default=0)
    progressed_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    # Whether the placement was internal when it was asked for: it may be gone when the sending ends.
    in_original = models.BooleanField(default=True, db_default=True)
    n_files = models.PositiveIntegerField(default=0, db_default=0)
    n_sent = models.PositiveIntegerField(default=0, db_default=0)
    n_refused = models.PositiveIntegerField(default=0, db_default=0)
    last_instance = models.BigIntegerField(default=0, db_default=0)
    # Of the study when its first file was sent: all files of a sending have the same corrections.
    n_corrections = models.PositiveSmallIntegerField(default=0, db_default=0)
    why = models.CharField(max_length=20, default="", db_default="")
    refusals = models.JSONField(default=dict, db_default={})

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["study", "destination"],
                condition=Q(finished_at=None),
                name="a_study_is_on_its_way_to_a_destination_once",
            ),
            models.CheckConstraint(
                name="a_sending_is_finished_when_its_state_says_so",
                condition=Q(state__in=["waiting", "sending"], finished_at=None)
                | (~Q(state__in=["waiting", "sending"]) & Q(finished_at__isnull=False)),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="sendings_waiting", condition=Q(finished_at=None)),
            models.Index(fields=["by", "-id"], name="sendings_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"sending {self.uuid}"

    @property
    def is_finished(self) -> bool:
        return self.finished_at is not None

    @property
    def n_done(self) -> int:
        """Files that were dealt with: taken or refused by the destination."""
        return self.n_sent + self.n_refused

    @property
    def actor(self) -> Actor:
        """Who asked for it, from where."""
        return Actor.of(self.by, self.ip_address)
