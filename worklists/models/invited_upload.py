"""People invited to send studies to a worklist's upload address. The invitation gives no right (ADR 0049)."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class InvitedUploadQuerySet(models.QuerySet["InvitedUpload"]):
    def waiting(self) -> Self:
        """Invitations that are neither used nor withdrawn. An expired invitation waits too: it can be sent again."""
        return self.filter(ended_at=None, invitation__withdrawn_at=None, invitation__accepted_at=None)


class InvitedUpload(models.Model):
    """A worklist whose upload address is shown to an invited person. The invitation may offer other things as well.

    `account` repeats the invitation's: composite foreign keys keep invitation and worklist of one account.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    invitation = models.ForeignKey("accounts.Invitation", models.CASCADE, related_name="uploads")
    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="+")
    worklist = models.ForeignKey("worklists.Worklist", models.CASCADE, related_name="invited_uploads")
    offered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    offered_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = InvitedUploadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["invitation", "worklist"],
                name="a_worklist_is_in_an_invitation_to_send_once",
                condition=Q(ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"invited upload {self.pk}"
