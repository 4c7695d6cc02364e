"""What machines show instead of a session: a person's access token, and a sender of an account."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from common.days import last_moment
from common.names import IdentityField
from worklists.models.worklist import AE_TITLE

SHA256 = r"^[0-9a-f]{64}$"
# 365 whole days and the day on which the token is made, in any time zone.
LONGEST_LIFE = timedelta(days=367)


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def live(self) -> Self:
        """Neither revoked nor past their end; whether the owner is active is not asked."""
        return self.filter(ended_at=None, expires_at__gt=Now())


class AccessToken(models.Model):
    """A personal access token: its owner's rights on some worklists, for DICOMweb alone. The secret is not stored."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="access_tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    may_store = models.BooleanField(default=False, db_default=False)
    worklists = models.ManyToManyField(
        "worklists.Worklist", through="worklists.AccessTokenWorklist", related_name="access_tokens"
    )
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    # Written at most once an hour.
    last_used_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="a_token_has_a_secret_of_its_own"),
            models.CheckConstraint(
                name="a_token_is_kept_as_the_sha256_of_its_secret", condition=Q(digest__regex=SHA256)
            ),
            models.CheckConstraint(name="a_token_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="a_token_ends_within_a_year",
                condition=Q(expires_at__gt=F("created_at"))
                & Q(expires_at__lte=F("created_at") + LONGEST_LIFE),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def valid_until(self) -> datetime:
        """The last moment of the last day, as pages and mails show it."""
        return last_moment(self.expires_at)


class AccessTokenWorklist(models.Model):
    """One worklist that a token reaches, as far as its owner has rights there."""

    token = models.ForeignKey(AccessToken, models.CASCADE, related_name="reaches")
    worklist = models.ForeignKey("worklists.Worklist", models.CASCADE, related_name="reached_by")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["token", "worklist"], name="a_token_reaches_a_worklist_once"),
        ]

    def __str__(self) -> str:
        return f"worklist of token {self.token_id}"


class SenderQuerySet(models.QuerySet["Sender"]):
    def live(self) -> Self:
        return self.filter(ended_at=None)


class Sender(models.Model):
    """A machine of an account, such as a PACS or a gateway, that stores studies into one worklist.

    It is known by a token (DICOMweb), by its AE title and IP address (DIMSE), or by both. `account` repeats the
    worklist's; a composite foreign key keeps them the same (see the migration).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="senders")
    worklist = models.ForeignKey("worklists.Worklist", models.CASCADE, related_name="senders")
    name = models.CharField(max_length=100)
    identity = IdentityField(of="name")
    ae_title = models.CharField(max_length=16, blank=True, default="", db_default="")
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    # Empty is NULL here: the empty text would be unique on the platform.
    digest = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    token_made_at = models.DateTimeField(null=True, blank=True)
    token_expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    # Written at most once an hour.
    last_used_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = SenderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "identity"],
                condition=Q(ended_at=None),
                name="a_sender_name_is_used_once_in_an_account_as_it_reads",
            ),
            models.UniqueConstraint(
                fields=["worklist", "ae_title", "ip_address"],
                condition=Q(ended_at=None) & ~Q(ae_title=""),
                name="a_caller_is_one_sender_of_a_worklist",
            ),
            models.UniqueConstraint(fields=["digest"], name="a_sender_has_a_secret_of_its_own"),
            models.CheckConstraint(
                name="a_sender_is_kept_as_the_sha256_of_its_secret",
                condition=Q(digest__isnull=True) | Q(digest__regex=SHA256),
            ),
            models.CheckConstraint(name="a_sender_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="a_sender_has_an_ae_title_or_a_token",
                condition=~Q(ae_title="") | Q(digest__isnull=False),
            ),
            models.CheckConstraint(
                name="an_ae_title_is_up_to_16_signs_and_comes_with_an_ip_address",
                condition=Q(ae_title="", ip_address__isnull=True)
                | Q(ae_title__regex=AE_TITLE, ip_address__isnull=False),
            ),
            models.CheckConstraint(
                name="a_token_of_a_sender_ends_within_a_year",
                condition=Q(digest__isnull=True, token_made_at__isnull=True, token_expires_at__isnull=True)
                | Q(
                    digest__isnull=False,
                    token_expires_at__gt=F("token_made_at"),
                    token_expires_at__lte=F("token_made_at") + LONGEST_LIFE,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def token_valid_until(self) -> datetime | None:
        """The last moment of the last day, as pages and mails show it."""
        return last_moment(self.token_expires_at) if self.token_expires_at is not None else None
