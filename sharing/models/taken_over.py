"""A share whose maker has left the account, in the care of another member."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class TakenOverShare(models.Model):
    """The member who may change a share in place of its maker. The share itself still names its maker."""

    share = models.OneToOneField("sharing.Share", models.CASCADE, related_name="taken_over")
    keeper = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="shares_taken_over", db_index=False
    )
    taken_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["keeper", "-share"], name="shares_taken_over_by")]

    def __str__(self) -> str:
        return f"share {self.share_id} taken over"
