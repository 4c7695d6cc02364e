"""What the DIMSE receiver leaves for others to read: that it runs, and events that are not written yet."""

from django.db import models
from django.db.models.functions import Now


class ReceivedBurst(models.Model):
    """Images that one machine adds to one study, object by object: counted here until they are one event."""

    # By whom, what and of which study.
    key = models.TextField(primary_key=True)
    # The event as it will be, but for the number.
    event = models.JSONField()
    count = models.PositiveIntegerField()
    began_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"burst since {self.began_at}"


class ReceiverSeen(models.Model):
    """One row: when a receiver last said that it listens and reaches the database."""

    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(name="one_row_for_all_receivers", condition=models.Q(id=1)),
        ]

    def __str__(self) -> str:
        return f"receiver seen at {self.at}"
