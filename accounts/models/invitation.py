"""An invitation to an email that is not registered."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def waiting(self) -> Self:
        """Neither withdrawn nor accepted. Also an expired invitation waits: it can be sent again."""
        return self.filter(withdrawn_at=None, accepted_at=None)

    def open(self) -> Self:
        """Waiting, and its link works now."""
        return self.waiting().filter(expires_at__gt=Now())

    def claimable(self) -> Self:
        """Its shares and memberships can be claimed: neither withdrawn nor expired, perhaps accepted before."""
        return self.filter(withdrawn_at=None, expires_at__gt=Now())


class Invitation(models.Model):
    """Waits for the person of an email. Made for an account or, from a personal worklist, for a user.

    The link's token is a signature over uuid and generation; only the generation is stored. The registration
    code is stored as a keyed hash, with its end and the number of tries.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(max_length=254, db_column="address")
    account = models.ForeignKey("accounts.Account", models.CASCADE, null=True, related_name="invitations")
    by_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="personal_invitations",
    )
    # Empty: the platform itself, which invites an account's first administrator.
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="invitations_made"
    )
    generation = models.PositiveIntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    # When the mail server took its last mail, and when its link was first opened.
    mailed_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="invitations_withdrawn",
    )
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="invitations_accepted",
    )
    code_hash = models.CharField(max_length=128, db_default="", default="")
    code_expires_at = models.DateTimeField(null=True)
    code_tries = models.PositiveSmallIntegerField(default=0, db_default=0)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "account"], name="invitation_with_its_account"),
            models.CheckConstraint(
                name="an_invitation_is_an_accounts_or_a_users",
                condition=Q(account__isnull=False, by_user__isnull=True)
                | Q(account__isnull=True, by_user__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["account", "email"],
                name="one_live_invitation_for_an_account_and_address",
                condition=Q(account__isnull=False, withdrawn_at=None, accepted_at=None),
            ),
            models.UniqueConstraint(
                fields=["by_user", "email"],
                name="one_live_invitation_for_a_user_and_address",
                condition=Q(by_user__isnull=False, withdrawn_at=None, accepted_at=None),
            ),
            models.CheckConstraint(
                name="invitation_withdrawn_at_and_by_come_together",
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
            models.CheckConstraint(
                name="invitation_accepted_at_and_by_come_together",
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="an_invitation_is_withdrawn_or_accepted_not_both",
                condition=Q(withdrawn_at=None) | Q(accepted_at=None),
            ),
        ]
        indexes = [models.Index(fields=["email"], name="invitation_by_address")]

    def __str__(self) -> str:
        return f"invitation {self.uuid}"
