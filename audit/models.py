"""The audit trail: an event for every action and every read; and the refusals that are still being counted."""

from django.db import models
from django.db.models.functions import Now

from audit.actions import CHANGES_OF_RIGHTS, Action


class AuditEvent(models.Model):
    """An action or a read of one person, or of the site by itself.

    It has no foreign keys on purpose: it has ids *and* labels, and stays after the rows that it names are gone.
    Rows are only ever added; a trigger and the rights of the database role both ensure this.
    """

    # A trigger sets it for the site's own role, whatever was given.
    at = models.DateTimeField(db_default=Now())
    action = models.CharField(max_length=60, choices=Action)
    outcome = models.CharField(max_length=10, db_default="success")
    purpose = models.CharField(max_length=60, db_default="")

    by_id = models.BigIntegerField(null=True)
    by_label = models.CharField(max_length=300, db_default="")
    role_label = models.CharField(max_length=200, db_default="")
    ip_address = models.GenericIPAddressField(null=True, db_column="address")

    account_id = models.BigIntegerField(null=True)
    account_label = models.CharField(max_length=200, db_default="")
    worklist_id = models.BigIntegerField(null=True)
    worklist_label = models.CharField(max_length=300, db_default="")
    study_id = models.BigIntegerField(null=True)
    study_uid = models.CharField(max_length=64, db_default="")
    placement_uuid = models.UUIDField(null=True)
    share_uuid = models.UUIDField(null=True)
    invitation_uuid = models.UUIDField(null=True)
    other_worklist_id = models.BigIntegerField(null=True)
    other_worklist_label = models.CharField(max_length=300, db_default="")

    in_original = models.BooleanField(db_default=False)
    detail = models.JSONField(default=dict, db_default={})

    class Meta:
        indexes = [
            models.Index(
                fields=["study_id", "-id"],
                name="audit_of_a_study",
                condition=models.Q(study_id__isnull=False),
            ),
            models.Index(
                fields=["worklist_id", "study_id", "-id"],
                name="audit_of_a_worklist",
                condition=models.Q(worklist_id__isnull=False),
            ),
            # Few shares are acknowledged: a list of those would otherwise read the events of all.
            models.Index(
                fields=["worklist_id", "study_id"],
                name="audit_of_acknowledgements",
                condition=models.Q(action=Action.SHARE_ACKNOWLEDGE),
            ),
            models.Index(
                fields=["study_id", "other_worklist_id"],
                name="audit_of_shares_to_a_worklist",
                condition=models.Q(other_worklist_id__isnull=False),
            ),
            models.Index(fields=["account_id", "-id"], name="audit_of_an_account"),
            models.Index(fields=["by_id", "-id"], name="audit_of_a_person"),
            models.Index(
                fields=["account_id", "id"],
                name="audit_of_rights",
                condition=models.Q(action__in=[str(action) for action in CHANGES_OF_RIGHTS]),
            ),
            # The first of them says from when on the trail holds roles and memberships.
            models.Index(
                fields=["id"],
                name="audit_of_noted_rights",
                condition=models.Q(action=Action.RIGHTS_NOTE),
            ),
            models.Index(
                fields=["by_id"],
                name="audit_of_new_names",
                condition=models.Q(action=Action.USER_RENAME, account_id__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="audit_outcome_is_success_or_refused",
                condition=models.Q(outcome__in=["success", "refused", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} #{self.pk}"


class RefusalBurst(models.Model):
    """Refusals of one kind within some minutes: the first is in the trail, the number of the others is added later.

    Rows go when their burst is over, and there are only so many at a time (`audit.services.refusals`).
    """

    key = models.TextField(primary_key=True)
    who = models.TextField()
    count = models.PositiveIntegerField(db_default=1)
    began_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(db_default=Now())
    # The fields of the first event, for the event that closes the burst.
    first = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["who"], name="audit_bursts_of_a_person")]

    def __str__(self) -> str:
        return self.key
