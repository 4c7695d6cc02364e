"""A recipient's request for more time, and the answer of the person who made the share."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class TimeRequest(models.Model):
    """A recipient asks once for each end date of a share; the share's maker gives more time or does not."""

    share = models.ForeignKey("sharing.Share", models.PROTECT, related_name="time_requests", db_index=False)
    # The end of the share when it was asked about.
    expires_at = models.DateTimeField()
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="time_asked", db_index=False
    )
    asked_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True)
    granted = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["share", "expires_at"], name="more_time_is_asked_for_once_for_each_end"
            ),
            models.CheckConstraint(
                name="an_answer_about_more_time_has_its_moment",
                condition=Q(answered_at=None, granted=None)
                | Q(answered_at__isnull=False, granted__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"time request {self.pk}"
