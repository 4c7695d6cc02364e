"""A list of studies, and its members."""

import uuid
from typing import Self

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy, gettext_noop

from common.names import IdentityField

# Up to 16 printable signs but the backslash, with no space at either end.
AE_TITLE = r"^[!-\[\]-~]([ -\[\]-~]{0,14}[!-\[\]-~])?$"

# Minutes between two contacts of an urgent study.
SHORTEST_WAIT, LONGEST_WAIT = 5, 1440


class WorklistQuerySet(models.QuerySet["Worklist"]):
    def with_names(self) -> Self:
        """With what a worklist's label and its account's name are read from."""
        return self.select_related("account", "owner")

    def with_few_accounts(self) -> Self:
        """As `with_names`, of many worklists that have few accounts: each account is read once, in a statement more."""
        return self.prefetch_related("account", "owner")


class Worklist(models.Model):
    """A location or group of an account, or the personal worklist of a user (made by a trigger)."""

    class Kind(models.TextChoices):
        LOCATION = "location", gettext_lazy("Location")
        GROUP = "group", gettext_lazy("Group")
        PERSONAL = "personal", gettext_lazy("Personal")

    uuid = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    account = models.ForeignKey(
        "accounts.Account",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="worklists",
    )
    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="personal_worklist",
    )
    name = models.CharField(max_length=200, db_default="", blank=True)
    identity = IdentityField(of="name")
    description = models.CharField(max_length=500, db_default="", blank=True)
    # That the default role is one of this account's is kept by a composite foreign key (see the migration).
    default_role = models.ForeignKey(
        "accounts.Role",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="default_on",
    )
    # Empty is NULL here: the empty text would be unique on the platform.
    share_code = models.CharField(max_length=32, null=True, blank=True)  # noqa: DJ001
    # What machines call this worklist by, when they send to it by DIMSE. Empty is NULL, as above.
    ae_title = models.CharField(max_length=16, null=True, blank=True)  # noqa: DJ001
    is_front_door = models.BooleanField(default=False, db_default=False)
    takes_shares = models.BooleanField(default=True, db_default=True)
    needs_approval = models.BooleanField(default=False, db_default=False)
    # Where studies arrive that people send to its upload address (ADR 0049); empty where it has none. That it is of
    # the same account is kept by a composite foreign key (see the migration).
    inbox = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="inbox_of")
    # Minutes after which the next contact is notified of an urgent study that is still not opened.
    urgent_wait = models.PositiveSmallIntegerField(default=30, db_default=30)
    created_at = models.DateTimeField(db_default=Now())

    objects = WorklistQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [
            ("list_studies", gettext_noop("Studies: View and search studies list")),
            ("open_study", gettext_noop("Studies: Open images")),
            ("share_study", gettext_noop("Studies: Share a study")),
            ("share_study_with_locations", gettext_noop("Studies: Share study with locations")),
            ("share_study_with_groups", gettext_noop("Studies: Share study with groups")),
            ("share_study_with_users", gettext_noop("Studies: Share study with users")),
            ("share_study_by_code", gettext_noop("Studies: Share study via share code")),
            ("share_study_by_email", gettext_noop("Studies: Share study via email")),
            ("upload_study", gettext_noop("Studies: Upload")),
            ("download_study", gettext_noop("Studies: Download")),
            ("send_study", gettext_noop("Studies: Send to another system")),
            ("download_deidentified", gettext_noop("Studies: Download de-identified")),
            ("edit_study", gettext_noop("Studies: Edit")),
            ("delete_study", gettext_noop("Studies: Delete")),
            ("approve_study", gettext_noop("Studies: Approve")),
            ("view_study_audit", gettext_noop("Studies: View audit trail")),
            ("create_guest_links", gettext_noop("Study links: Create")),
            ("view_guest_links", gettext_noop("Study links: View all guest links")),
        ]
        constraints = [
            models.CheckConstraint(
                name="a_worklist_has_the_owner_its_kind_names",
                condition=Q(
                    kind__in=["location", "group"],
                    account__isnull=False,
                    owner__isnull=True,
                )
                | Q(
                    kind="personal",
                    account__isnull=True,
                    owner__isnull=False,
                    default_role__isnull=True,
                ),
            ),
            models.CheckConstraint(
                name="a_location_or_group_has_a_name",
                condition=Q(kind="personal") | ~Q(name=""),
            ),
            models.CheckConstraint(
                name="a_front_door_has_an_account_and_a_code",
                condition=Q(is_front_door=False) | Q(account__isnull=False, share_code__isnull=False),
            ),
            models.CheckConstraint(
                name="an_upload_address_has_a_code_and_another_inbox",
                condition=Q(inbox__isnull=True) | Q(share_code__isnull=False) & ~Q(inbox=F("id")),
            ),
            models.CheckConstraint(
                name="a_share_code_is_capital_letters_and_digits",
                condition=Q(share_code__isnull=True) | Q(share_code__regex=r"^[A-Z0-9]{4,32}$"),
            ),
            models.UniqueConstraint(fields=["share_code"], name="a_share_code_is_used_once_on_the_platform"),
            models.CheckConstraint(
                name="the_ae_title_of_a_worklist_is_up_to_16_signs",
                condition=Q(ae_title__isnull=True) | Q(ae_title__regex=AE_TITLE, account__isnull=False),
            ),
            models.UniqueConstraint(fields=["ae_title"], name="an_ae_title_is_one_worklists"),
            models.CheckConstraint(
                name="the_next_urgent_contact_waits_five_minutes_to_a_day",
                condition=Q(urgent_wait__gte=SHORTEST_WAIT, urgent_wait__lte=LONGEST_WAIT),
            ),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(is_front_door=True),
                name="an_account_has_one_front_door",
            ),
            models.UniqueConstraint(
                fields=["account", "kind", "identity"],
                condition=~Q(identity=""),
                name="a_worklist_name_is_used_once_in_an_account_as_it_reads",
            ),
            models.UniqueConstraint(fields=["id", "account"], name="worklist_with_its_account"),
        ]

    def __str__(self) -> str:
        return self.name or f"worklist {self.pk}"

    @property
    def label(self) -> str:
        """The name that people see; of a personal worklist (select `owner` with it) its owner's name."""
        return self.owner.name if self.owner is not None else self.name

    @property
    def is_personal(self) -> bool:
        return self.kind == self.Kind.PERSONAL


class WorklistMembership(models.Model):
    """A user in a location or group worklist, with a role of its own or the worklist's default.

    `account` repeats the worklist's: composite foreign keys use it to keep worklist, role and account
    membership of one account (see the migration).
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="worklist_memberships")
    worklist = models.ForeignKey(Worklist, models.CASCADE, related_name="memberships")
    account = models.ForeignKey("accounts.Account", models.CASCADE, related_name="worklist_memberships")
    role = models.ForeignKey(
        "accounts.Role",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="worklist_memberships",
    )
    joined_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "worklist"], name="a_user_is_in_a_worklist_once"),
        ]

    def __str__(self) -> str:
        return f"worklist membership {self.pk}"
