"""The outbox: every mail is a row before it is sent."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy


class OutboxMailQuerySet(models.QuerySet["OutboxMail"]):
    def waiting(self) -> Self:
        """Neither delivered nor dropped."""
        return self.filter(delivered_at=None, dropped_at=None)


class OutboxMail(models.Model):
    """A mail that waits, or was sent. Written in the action's transaction; Celery delivers it.

    `data` holds ids only; the text is rendered at delivery from the rows of that time. A mail that must be rendered
    at once (a code, a password link) has its texts here until it is delivered, and a short life.
    """

    class Dropped(models.TextChoices):
        NOTHING = "nothing", gettext_lazy("there was nothing left to send")
        LATE = "late", gettext_lazy("it was no longer good when its turn came")
        TAKEN_BACK = "taken_back", gettext_lazy("it was taken back before it left")
        GIVEN_UP = "given_up", gettext_lazy("the mail server did not take it for three days")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    recipient = models.EmailField(max_length=254)
    data = models.JSONField(default=dict)
    subject = models.CharField(max_length=300, default="", db_default="")
    text_body = models.TextField(default="", db_default="")
    html_body = models.TextField(default="", db_default="")
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    good_until = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    delivered_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    dropped_as = models.CharField(max_length=10, choices=Dropped, default="", db_default="", blank=True)
    dropped_because = models.CharField(max_length=100, default="", db_default="")

    objects = OutboxMailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_mail_is_delivered_or_dropped_not_both",
                condition=Q(delivered_at=None) | Q(dropped_at=None),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="outbox_waiting",
                condition=Q(delivered_at=None, dropped_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"mail {self.uuid}"
