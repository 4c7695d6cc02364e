"""That an urgent share was not opened in time, and whom of its worklist's contacts was notified."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Escalation(models.Model):
    """A step about one time by which a share was to be opened: a share that has another time begins again.

    `contact` is empty where the worklist has none, or where the share waits for approval or for its recipient.
    """

    share = models.ForeignKey("sharing.Share", models.PROTECT, related_name="escalations", db_index=False)
    open_by = models.DateTimeField()
    number = models.PositiveSmallIntegerField()
    # Without a constraint, since it would lock people after shares, against the order of locks.
    contact = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="escalations",
        db_index=False,
        db_constraint=False,
    )
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["share", "open_by", "number"], name="each_step_about_an_urgent_share_is_taken_once"
            ),
            models.UniqueConstraint(
                fields=["share", "open_by", "contact"],
                condition=models.Q(contact__isnull=False),
                name="a_contact_is_notified_once_of_an_urgent_share",
            ),
        ]

    def __str__(self) -> str:
        return f"escalation {self.number} of share {self.share_id}"
