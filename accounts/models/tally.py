"""How often something was done of late."""

from django.db import models


class Tally(models.Model):
    """One count since its window began. The key says of what, and by ids alone of whom.

    A key's row is used again when its window is over: there are as many as people and accounts, and none to sweep.
    """

    key = models.TextField(primary_key=True)
    began_at = models.DateTimeField()
    count = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.key
