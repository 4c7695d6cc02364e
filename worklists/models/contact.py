"""Who is notified when an urgent study on a worklist is not opened in time, in their order."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class UrgentContact(models.Model):
    """A person who sees the worklist's studies. A contact who no longer does is passed over, and stays in the order."""

    worklist = models.ForeignKey(
        "worklists.Worklist", models.CASCADE, related_name="urgent_contacts", db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="urgent_contact_of")
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worklist", "position"], name="a_worklist_has_one_urgent_contact_in_each_place"
            ),
            models.UniqueConstraint(
                fields=["worklist", "user"], name="a_person_is_an_urgent_contact_of_a_worklist_once"
            ),
            models.CheckConstraint(name="urgent_contacts_are_counted_from_one", condition=Q(position__gte=1)),
        ]

    def __str__(self) -> str:
        return f"urgent contact {self.pk}"
