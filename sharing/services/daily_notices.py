"""The daily mail: what a person chose to be notified of once a day, in one mail, exactly once a day."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models.functions import Now

from accounts.models import User
from accounts.services.outbox import queue_mails
from audit import clock
from common.timezones import zone_named
from sharing.dates import undo_until
from sharing.models import Notice
from worklists.models import NoticeTime

# In the person's own time zone.
HOUR = 7
KEPT = timedelta(days=180)
SWEEP = 5000


def days_due(zones: Collection[str], now: datetime) -> dict[str, date]:
    """For each of these time zones where it is late enough for today's mail: the day it is there."""
    local = {zone: now.astimezone(zone_named(zone)) for zone in zones}
    return {zone: moment.date() for zone, moment in local.items() if moment.hour >= HOUR}


@transaction.atomic
def send_daily_notices() -> int:
    """Queue the daily mail of everyone who has something unread for it and has had none today; how many.

    However often and however late this is called: a person has a day once, and a notice is in one mail. What was
    read in the meantime is in none.
    """
    waiting = Notice.objects.filter(time=NoticeTime.DAILY, read_at=None, digest=None, user__is_active=True)
    zones = set(waiting.order_by().values_list("user__timezone", flat=True).distinct())
    due = days_due(zones, clock.now())
    if not due:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_DIGESTS, [list(due), list(due.values())])
        made = dict(cursor.fetchall())
    people = User.objects.filter(pk__in=made.values()).order_by("pk").values_list("pk", "email")
    emails = dict(people)
    queue_mails(
        kind="daily_notices",
        # Until then a press that is in it can be undone.
        not_before=undo_until([clock.now()]),
        to=[(emails[user], {"digest": digest}) for digest, user in sorted(made.items())],
    )
    return len(made)


def forget_old_notices() -> int:
    """Delete the notices of more than half a year ago; how many. At most a few thousand a call, the oldest first."""
    oldest = Notice.objects.order_by("pk").values("pk")[:SWEEP]
    old = Notice.objects.filter(pk__in=list(oldest.values_list("pk", flat=True)), created_at__lt=Now() - KEPT)
    return old.delete()[0]


_DIGESTS = """
WITH due AS (
    SELECT DISTINCT n.user_id, zone.day
    FROM sharing_notice n
    JOIN accounts_user u ON u.id = n.user_id AND u.is_active
    JOIN unnest(%s::text[], %s::date[]) AS zone (name, day) ON zone.name = u.timezone
    WHERE n.time = 'daily' AND n.read_at IS NULL AND n.digest_id IS NULL
), made AS (
    INSERT INTO sharing_digest (user_id, day) SELECT user_id, day FROM due
    ON CONFLICT (user_id, day) DO NOTHING
    RETURNING id, user_id
)
UPDATE sharing_notice n SET digest_id = made.id
FROM made
WHERE n.user_id = made.user_id AND n.time = 'daily' AND n.read_at IS NULL AND n.digest_id IS NULL
RETURNING made.id, made.user_id
"""
