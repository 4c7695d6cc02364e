"""An organisation, its roles and its members."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy

from common.names import IdentityField


class Account(models.Model):
    """A hospital, a clinic, a trust."""

    class CharacterSet(models.TextChoices):
        """Of files that do not declare theirs: defined terms of DICOM (PS3.3 C.12.1.1.2)."""

        LATIN_1 = "ISO_IR 100", gettext_lazy("Western European (Latin 1)")
        LATIN_2 = "ISO_IR 101", gettext_lazy("Central European (Latin 2)")
        LATIN_3 = "ISO_IR 109", gettext_lazy("South European (Latin 3)")
        LATIN_4 = "ISO_IR 110", gettext_lazy("North European (Latin 4)")
        LATIN_5 = "ISO_IR 148", gettext_lazy("Turkish (Latin 5)")
        LATIN_9 = "ISO_IR 203", gettext_lazy("Western European with the euro sign (Latin 9)")
        CYRILLIC = "ISO_IR 144", gettext_lazy("Cyrillic")
        ARABIC = "ISO_IR 127", gettext_lazy("Arabic")
        GREEK = "ISO_IR 126", gettext_lazy("Greek")
        HEBREW = "ISO_IR 138", gettext_lazy("Hebrew")
        THAI = "ISO_IR 166", gettext_lazy("Thai")
        JAPANESE = "ISO_IR 13", gettext_lazy("Japanese (Shift JIS)")
        KOREAN = "ISO 2022 IR 149", gettext_lazy("Korean (EUC-KR)")
        CHINESE = "GB18030", gettext_lazy("Chinese (GB 18030)")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200)
    identity = IdentityField(of="name")
    # What the platform knows of the organisation and the account cannot change: a name waits until it is confirmed.
    name_asked_for = models.CharField(max_length=200, blank=True, db_default="")
    name_confirmed_at = models.DateTimeField(null=True, blank=True)
    domain = models.CharField(max_length=253, blank=True, db_default="")
    town = models.CharField(max_length=100, blank=True, db_default="")
    # Whom its members ask for help, as they read it: an email, a telephone number, a room.
    contact = models.CharField(max_length=200, blank=True, default="", db_default="")
    timezone = models.CharField(max_length=64, default="Europe/London", db_default="Europe/London")
    invitation_days = models.PositiveSmallIntegerField(default=30, db_default=30)
    # Empty: the platform's. A member of several accounts has the shortest of theirs.
    idle_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    # From then on its members need a second factor, and until then they are reminded; empty: not required.
    second_factor_from = models.DateTimeField(null=True, blank=True)
    # How text in a received file is read that declares no character set, or a wrong one, and is not UTF-8.
    character_set = models.CharField(
        max_length=16,
        choices=CharacterSet,
        default=CharacterSet.LATIN_1,
        db_default=CharacterSet.LATIN_1,
    )
    # When an administrator took on that the account's own images may be diagnosed in the viewer, and in which words;
    # until then each is marked "Not for primary diagnosis".
    primary_diagnosis_at = models.DateTimeField(null=True, blank=True)
    primary_diagnosis_text = models.CharField(max_length=1000, blank=True, default="", db_default="")
    # Whether a viewer that is open when the right to its images ends shows nothing from then on.
    blanks_images = models.BooleanField(default=False, db_default=False)
    # Whether an email that the account never shared with is typed twice before anything is shared with it.
    types_emails_twice = models.BooleanField(default=False, db_default=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        permissions = [
            ("administer_account", "Account: Administer"),
            ("audit_account", "Account: View the register of shares and the audit trail"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["identity"],
                condition=~Q(identity=""),
                name="an_account_name_is_used_once_as_it_reads",
            ),
            models.CheckConstraint(
                name="an_invitation_lives_1_to_365_days",
                condition=Q(invitation_days__range=(1, 365)),
            ),
            models.CheckConstraint(
                name="idle_sign_out_comes_after_5_to_480_minutes",
                condition=Q(idle_minutes=None) | Q(idle_minutes__range=(5, 480)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A named set of permissions: an account's, or (account empty) one of the platform's own.

    A new role starts empty: deny by default.
    """

    class Shipped(models.TextChoices):
        PERSONAL = "personal", "Personal"
        GUEST = "guest", "Guest"

    account = models.ForeignKey(Account, models.CASCADE, null=True, blank=True, related_name="roles")
    name = models.CharField(max_length=100)
    identity = IdentityField(of="name")
    platform_key = models.CharField(max_length=20, choices=Shipped, null=True, blank=True, unique=True)
    permissions = models.ManyToManyField(Permission, related_name="roles", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "identity"],
                condition=~Q(identity=""),
                name="a_role_name_is_used_once_in_an_account_as_it_reads",
            ),
            models.UniqueConstraint(fields=["id", "account"], name="role_with_its_account"),
            models.CheckConstraint(
                name="a_role_belongs_to_an_account_or_is_the_platforms",
                condition=Q(account__isnull=False, platform_key__isnull=True)
                | Q(account__isnull=True, platform_key__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AccountMembershipQuerySet(models.QuerySet["AccountMembership"]):
    def active(self) -> Self:
        """The membership is active, and so is the person."""
        return self.filter(active=True, user__is_active=True)


class AccountMembership(models.Model):
    """A user in an account, with a role. Inactive, it keeps its rows and gives no right."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="account_memberships")
    account = models.ForeignKey(Account, models.CASCADE, related_name="memberships")
    # That the role is one of this account's is kept by a composite foreign key (see the migration).
    role = models.ForeignKey(Role, models.PROTECT, related_name="account_memberships")
    active = models.BooleanField(default=True, db_default=True)
    every_worklist = models.BooleanField(default=False, db_default=False)
    joined_at = models.DateTimeField(db_default=Now())

    objects = AccountMembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "account"], name="a_user_is_in_an_account_once"),
        ]
        indexes = [
            models.Index(
                fields=["account", "user"],
                name="active_members",
                condition=Q(active=True),
            ),
        ]

    def __str__(self) -> str:
        return f"membership {self.pk}"
