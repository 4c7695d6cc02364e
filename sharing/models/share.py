"""A share: a grant that keeps a study placed on a target worklist."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Length, Now
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy

from audit.sentences import REASONS
from studies.models import Placement


class Method(models.TextChoices):
    LOCATION = "location", gettext_lazy("Location")
    GROUP = "group", gettext_lazy("Group")
    PHYSICIAN = "physician", gettext_lazy("Physician")
    CODE = "code", gettext_lazy("Share Code")
    EMAIL = "email", gettext_lazy("Email")


class ShareQuerySet(models.QuerySet["Share"]):
    def unended(self) -> Self:
        """Those that have not ended. What the clock ended is among them until its study is settled."""
        return self.filter(ended_at=None)

    def live(self) -> Self:
        """By the law: un-ended, before its end date, and the study is visible where it was shared from.

        Approved or not, and promises to an invitation too.
        """
        return self.unended().filter(self.unexpired(), self.source_is_visible())

    def carrying(self) -> Self:
        """Live and approved: what lets a study be seen on a worklist."""
        return self.live().filter(to_worklist__isnull=False, approved_at__isnull=False)

    def awaiting(self) -> Self:
        """Live, and not approved yet by the worklist it goes to."""
        return self.live().filter(to_worklist__isnull=False, approved_at=None)

    def promised(self) -> Self:
        """Un-ended promises: shares that wait on an invitation."""
        return self.unended().filter(to_worklist=None)

    def overdue(self) -> Self:
        """What the clock has ended and no settling has recorded."""
        return self.unended().filter(expires_at__lte=Now())

    @staticmethod
    def unexpired() -> Q:
        return Q(expires_at=None) | Q(expires_at__gt=Now())

    @staticmethod
    def source_is_visible() -> Exists:
        """Whether the from-worklist still has the study."""
        return Exists(
            Placement.objects.visible().filter(study=OuterRef("study"), worklist=OuterRef("from_worklist"))
        )

    @staticmethod
    def made_inside() -> Exists:
        """Whether the from-worklist's placement is internal: events of it are in the original's trail."""
        inside = Placement.objects.filter(internal_until__gt=Now())
        return Exists(inside.filter(study=OuterRef("study"), worklist=OuterRef("from_worklist")))


class Share(models.Model):
    """By whom, from which worklist, by which method, to whom, when, until when. Never deleted, only ended.

    `to_worklist` is empty while the share is a promise to an invitation; a claimed promise keeps both. `account`
    is the one whose directory the target came from (location, group, physician). `approved_at` is empty while a
    worklist that asks for approval has not decided. Constraints look at `ended_at` alone; queries look at the time.
    """

    class EndReason(models.TextChoices):
        ENDED = "ended", gettext_lazy(REASONS["ended"])
        EXPIRED = "expired", gettext_lazy(REASONS["expired"])
        UNREACHABLE = "unreachable", gettext_lazy("because an earlier share ended")
        REMOVED = "removed", gettext_lazy(REASONS["removed"])
        DECLINED = "declined", gettext_lazy("declined")
        STUDY_DELETED = "study_deleted", gettext_lazy(REASONS["study_deleted"])
        LEFT = "left", gettext_lazy(REASONS["left"])
        WITHDRAWN = "withdrawn", gettext_lazy(REASONS["withdrawn"])
        UNDONE = "undone", gettext_lazy(REASONS["undone"])
        DUPLICATE = "duplicate", gettext_lazy("not needed: the person already had the study")
        MOVED = "moved", gettext_lazy(REASONS["moved"])
        REFUSED = "refused", gettext_lazy("no longer allowed when the person registered")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    press = models.UUIDField()
    # Keys without an index of their own are read by an index that begins with them (below), or never searched by.
    study = models.ForeignKey("studies.Study", models.PROTECT, related_name="shares", db_index=False)
    from_worklist = models.ForeignKey("worklists.Worklist", models.PROTECT, related_name="shares_from")
    to_worklist = models.ForeignKey(
        "worklists.Worklist", models.PROTECT, null=True, related_name="shares_to", db_index=False
    )
    invitation = models.ForeignKey(
        "accounts.Invitation", models.PROTECT, null=True, related_name="shares", db_index=False
    )
    method = models.CharField(max_length=10, choices=Method)
    # As it was typed (tidied): a person who changes their email later is not who was named.
    email = models.EmailField(max_length=254, default="", db_default="", blank=True, db_column="address")
    # As it was when it was shared with: a worklist may have another code by now, which its sharer was not given.
    code = models.CharField(max_length=32, default="", db_default="", blank=True)
    account = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, related_name="shares", db_index=False
    )
    shared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="shares_made", db_index=False
    )
    shared_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True)
    # The time by which someone is to open an urgent study, and when the next person is notified that no one has.
    open_by = models.DateTimeField(null=True)
    escalate_at = models.DateTimeField(null=True)
    note = models.TextField(default="", db_default="", max_length=2000)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="shares_approved",
        db_index=False,
    )
    # Of whoever approved or declined it, to its sharer.
    decision_note = models.TextField(default="", db_default="", max_length=2000, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="shares_ended", db_index=False
    )
    # The end date of which both sides have been warned: another one is warned of again.
    warned_of = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, choices=EndReason, default="", db_default="", blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                F("study"),
                F("from_worklist"),
                F("to_worklist"),
                F("method"),
                Coalesce(F("account"), Value(0)),
                F("shared_by"),
                condition=Q(ended_at=None, to_worklist__isnull=False),
                name="a_live_share_to_a_worklist_is_made_once",
            ),
            models.UniqueConstraint(
                F("study"),
                F("from_worklist"),
                F("invitation"),
                F("method"),
                Coalesce(F("account"), Value(0)),
                F("shared_by"),
                condition=Q(ended_at=None, to_worklist__isnull=True),
                name="a_live_promise_to_an_invitation_is_made_once",
            ),
            models.CheckConstraint(
                name="a_share_has_a_worklist_or_an_invitation",
                condition=Q(to_worklist__isnull=False) | Q(invitation__isnull=False),
            ),
            models.CheckConstraint(
                name="only_an_email_share_goes_to_an_invitation",
                condition=Q(invitation__isnull=True) | Q(method="email"),
            ),
            models.CheckConstraint(
                name="an_email_share_keeps_its_address_and_no_other_has_one",
                condition=(Q(method="email") & ~Q(email="")) | (~Q(method="email") & Q(email="")),
            ),
            models.CheckConstraint(
                name="a_share_goes_to_another_worklist",
                condition=~Q(from_worklist=F("to_worklist")),
            ),
            models.CheckConstraint(
                name="a_directory_share_names_its_account",
                condition=Q(method__in=["location", "group", "physician"], account__isnull=False)
                | Q(method__in=["code", "email"], account__isnull=True),
            ),
            models.CheckConstraint(
                name="share_ended_at_and_reason_come_together",
                condition=Q(ended_at=None, end_reason="", ended_by=None)
                | (Q(ended_at__isnull=False) & ~Q(end_reason="")),
            ),
            models.CheckConstraint(
                name="a_share_nobody_ended_has_no_ender",
                condition=~Q(end_reason__in=["expired", "unreachable"]) | Q(ended_by=None),
            ),
            models.CheckConstraint(
                name="an_urgent_share_is_opened_after_it_is_made_and_before_it_ends",
                condition=Q(open_by=None)
                | Q(open_by__gt=F("shared_at")) & (Q(expires_at=None) | Q(open_by__lt=F("expires_at"))),
            ),
            models.CheckConstraint(
                name="only_an_urgent_share_is_escalated",
                condition=Q(escalate_at=None) | Q(open_by__isnull=False),
            ),
            models.CheckConstraint(
                name="a_share_note_is_at_most_2000_characters",
                condition=LessThanOrEqual(Length(F("note")), 2000),
            ),
        ]
        indexes = [
            models.Index(fields=["study"], name="shares_not_ended", condition=Q(ended_at=None)),
            models.Index(fields=["study", "-id"], name="shares_of_a_study"),
            models.Index(
                fields=["expires_at"],
                name="shares_that_will_end",
                condition=Q(ended_at=None, expires_at__isnull=False),
            ),
            models.Index(
                fields=["escalate_at"],
                name="shares_to_escalate",
                condition=Q(ended_at=None, escalate_at__isnull=False),
            ),
            models.Index(
                fields=["to_worklist", "study"],
                name="shares_urgent_on_a_worklist",
                condition=Q(ended_at=None, open_by__isnull=False),
            ),
            models.Index(fields=["to_worklist", "press"], name="shares_received_in_a_press"),
            models.Index(fields=["press"], name="shares_of_a_press"),
            models.Index(
                fields=["to_worklist", "-id"],
                name="shares_to_decide",
                condition=Q(ended_at=None, approved_at=None, to_worklist__isnull=False),
            ),
            models.Index(
                fields=["to_worklist", "-id"],
                name="shares_decided",
                condition=Q(approved_by__isnull=False) | Q(end_reason="declined"),
            ),
            models.Index(fields=["to_worklist", "-id"], name="shares_received"),
            models.Index(fields=["shared_by", "-id"], name="shares_made_by"),
            models.Index(
                fields=["shared_by", "-id"], name="shares_made_by_not_ended", condition=Q(ended_at=None)
            ),
            # Whether an organisation ever shared with a worklist, or with an email.
            models.Index(fields=["to_worklist", "from_worklist"], name="shares_between_worklists"),
            models.Index(
                fields=["email", "from_worklist"], name="shares_by_email", condition=Q(method="email")
            ),
            models.Index(
                fields=["invitation"],
                name="promises",
                condition=Q(invitation__isnull=False),
            ),
            models.Index(
                fields=["to_worklist", "account"],
                name="physician_shares_of_an_account",
                condition=Q(ended_at=None, method="physician"),
            ),
        ]

    def __str__(self) -> str:
        return f"share {self.uuid}"
