"""What an account offers a person who is to work for it: a role, and worklists. The person accepts or declines."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy


class InvitedMembershipQuerySet(models.QuerySet["InvitedMembership"]):
    def waiting(self) -> Self:
        """Neither accepted, withdrawn nor lapsed."""
        return self.filter(ended_at=None)


class InvitedMembership(models.Model):
    """The membership that waits on an account's invitation, beside the shares that were promised with it.

    Also a registered person is invited: no row of an account decides about a person who has not agreed to it.

    `account` repeats the invitation's: composite foreign keys keep invitation, role and worklists of one account
    (see the migration). While it waits its roles are in use; once it has ended it keeps their names alone.
    """

    class Outcome(models.TextChoices):
        ACCEPTED = "accepted", gettext_lazy("Accepted")
        WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")
        DECLINED = "declined", gettext_lazy("Declined")
        # The person who offered it could no longer give it when it was to be accepted.
        LAPSED = "lapsed", gettext_lazy("Lapsed")

    invitation = models.OneToOneField("accounts.Invitation", models.CASCADE, related_name="membership")
    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="invited_memberships")
    role = models.ForeignKey(
        "accounts.Role", models.PROTECT, null=True, blank=True, related_name="invited_memberships"
    )
    every_worklist = models.BooleanField(default=False, db_default=False)
    # Empty: the platform itself, which invites an account's first administrator.
    offered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="memberships_offered"
    )
    offered_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, default="", db_default="")
    role_name = models.CharField(max_length=100, blank=True, default="", db_default="")

    objects = InvitedMembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["id", "account"], name="invited_membership_with_its_account"),
            models.CheckConstraint(
                name="an_invited_membership_waits_with_a_role_or_has_ended",
                condition=Q(ended_at=None, outcome="", role__isnull=False)
                | Q(
                    ended_at__isnull=False,
                    outcome__in=["accepted", "withdrawn", "declined", "lapsed"],
                    role=None,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"invited membership {self.pk}"


class InvitedWorklist(models.Model):
    """One worklist of an invited membership, with a role of its own there or, empty, the worklist's default."""

    membership = models.ForeignKey(InvitedMembership, models.CASCADE, related_name="worklists")
    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="+")
    worklist = models.ForeignKey("worklists.Worklist", models.CASCADE, related_name="invited")
    role = models.ForeignKey(
        "accounts.Role", models.PROTECT, null=True, blank=True, related_name="invited_worklists"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "worklist"], name="a_worklist_is_in_an_invited_membership_once"
            ),
        ]

    def __str__(self) -> str:
        return f"invited worklist {self.pk}"
