"""What somebody at home corrected in a study: the files stay as received, what is shown and sent carries it."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Correction(models.Model):
    """Columns of a study and their values, `[before, after]` by name of the column; in the order of their keys.

    They go when the study is deleted.
    """

    study = models.ForeignKey("studies.Study", models.CASCADE, related_name="corrections")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now())
    changes = models.JSONField()
    why = models.CharField(max_length=500)

    def __str__(self) -> str:
        return f"correction {self.pk}"
