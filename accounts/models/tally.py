"""The counts of limits."""

from django.db import models


class Tally(models.Model):
    """One count since its window began. The key names the limit, and the person or account by id alone.

    A key's row is used again when its window is over, so that there are as many rows as people and accounts.
    """

    key = models.TextField(primary_key=True)
    began_at = models.DateTimeField()
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.key
