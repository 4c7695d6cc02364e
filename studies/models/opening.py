"""The openings of shared studies that a worker has not read yet."""

from django.db import models


class Opening(models.Model):
    """An event of the trail by which a person opened a study elsewhere than at its home.

    The reader's transaction writes it beside the event, and nothing waits for it. A worker takes it from here to notify
    who shared the study.
    """

    # The trail has no foreign keys; an event is never deleted.
    event_id = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return f"opening {self.pk}"
