"""A notice: what a person is notified of, in the bell and perhaps by mail. It holds no text and no patient."""

import uuid

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from worklists.models import NoticeEvent, NoticeTime


class Notice(models.Model):
    """What happened is an event about a share or a guest link; its text is made when it is read, for its reader.

    `worklist` is where the reader sees the studies, so that a reader who no longer sees them learns nothing. `key`
    names the occasion: no person is notified of the same event and key twice.
    """

    uuid = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True, editable=False)
    # Without a constraint, since it would lock people and worklists after the studies, against the order of locks. A
    # person is never deleted; a worklist takes its notices with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", db_index=False, db_constraint=False
    )
    event = models.CharField(max_length=20, choices=NoticeEvent)
    key = models.CharField(max_length=120)
    worklist = models.ForeignKey(
        "worklists.Worklist", models.CASCADE, related_name="notices", db_constraint=False
    )
    # Read from the notice, never the other way: neither has an index.
    share = models.ForeignKey(
        "sharing.Share", models.PROTECT, null=True, related_name="notices", db_index=False
    )
    link = models.ForeignKey(
        "sharing.GuestLink", models.PROTECT, null=True, related_name="notices", db_index=False
    )
    time = models.CharField(max_length=10, choices=NoticeTime)
    created_at = models.DateTimeField(db_default=Now())
    read_at = models.DateTimeField(null=True)
    # The daily mail that has it. Without a constraint, so that no column of a big table is checked for it.
    digest = models.ForeignKey(
        "sharing.Digest",
        models.SET_NULL,
        null=True,
        related_name="notices",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "event", "key"], name="a_person_is_told_once_of_the_same"
            ),
            models.CheckConstraint(
                name="a_notice_is_about_a_share_or_a_guest_link",
                condition=Q(share__isnull=False, link=None) | Q(share=None, link__isnull=False),
            ),
            models.CheckConstraint(
                name="a_notice_is_told_at_once_or_daily",
                condition=Q(time__in=[NoticeTime.NOW, NoticeTime.DAILY]),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-id"], name="notices_of_a_person"),
            models.Index(fields=["user"], name="notices_not_read", condition=Q(read_at=None)),
            models.Index(
                fields=["user"],
                name="notices_for_the_daily_mail",
                condition=Q(time=NoticeTime.DAILY, read_at=None, digest=None),
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.uuid}"


class Digest(models.Model):
    """The daily mail of a person: the database lets each day have one."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="digests", db_index=False)
    day = models.DateField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "day"], name="a_person_has_one_daily_mail_a_day"),
        ]

    def __str__(self) -> str:
        return f"daily mail {self.pk}"
