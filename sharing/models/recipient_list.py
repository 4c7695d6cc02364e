"""A saved list of recipients, such as "Tuesday MDT": a person's own, or one of a worklist's members."""

import uuid

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q

from common.names import IdentityField
from sharing.models.share import Method

LONGEST_LIST_NAME = 60


class RecipientList(models.Model):
    """`owner` alone sees and changes their own; those who may share on `worklist` see and change the worklist's.

    A list gives no right and reaches no one: what it holds is checked anew whenever it is used. `version` counts the
    changes, so that two people do not overwrite each other. When a person is deactivated, a trigger deletes theirs.
    """

    uuid = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="recipient_lists", db_index=False
    )
    worklist = models.ForeignKey(
        "worklists.Worklist", models.CASCADE, null=True, related_name="recipient_lists", db_index=False
    )
    name = models.CharField(max_length=LONGEST_LIST_NAME)
    identity = IdentityField(of="name")
    version = models.PositiveIntegerField(default=1, db_default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_recipient_list_is_a_persons_or_a_worklists",
                condition=Q(owner__isnull=False, worklist=None) | Q(owner=None, worklist__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["owner", "identity"],
                condition=Q(owner__isnull=False),
                name="recipient_lists_of_a_person_read_differently",
            ),
            models.UniqueConstraint(
                fields=["worklist", "identity"],
                condition=Q(worklist__isnull=False),
                name="recipient_lists_of_a_worklist_read_differently",
            ),
        ]

    def __str__(self) -> str:
        return f"recipient list {self.uuid}"


class ListedRecipient(models.Model):
    """`value` is what the share dialog's field carries for it; `label` names who is no longer there."""

    list = models.ForeignKey(RecipientList, models.CASCADE, related_name="recipients", db_index=False)
    position = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=10, choices=Method)
    value = models.CharField(max_length=254)
    label = models.CharField(max_length=254)

    class Meta:
        ordering = ["list", "position"]
        constraints = [
            models.UniqueConstraint(fields=["list", "method", "value"], name="a_recipient_is_on_a_list_once"),
            models.CheckConstraint(
                name="a_listed_recipient_says_whom_it_means", condition=~Q(value="") & ~Q(label="")
            ),
        ]

    def __str__(self) -> str:
        return f"listed recipient {self.pk}"

    @property
    def key(self) -> str:
        """Method and value in one form field."""
        return f"{self.method}:{self.value}"
