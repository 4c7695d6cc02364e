"""What is read from the database when Prometheus asks: queues and how long they have waited.

Every web process answers the same; a dashboard takes the highest, never the sum.
"""

from collections.abc import Iterator

import structlog
from django.db import connection, transaction
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from cimar.broker import broker_answers
from cimar.time_limit import TimeLimited
from studies.models import FOREVER

log = structlog.get_logger(__name__)

PATIENCE = 2.5
MANY = 100_000  # nobody needs to know more exactly how many wait
RECENT_MAILS = 50_000
STRUGGLING = 5  # tries

# Each part reads one partial index, whose condition it repeats, or a bounded stretch of the newest rows.
STATEMENT = f"""
SELECT
    (SELECT count(*) FROM (SELECT FROM accounts_outboxmail
        WHERE delivered_at IS NULL AND dropped_at IS NULL LIMIT {MANY}) AS counted),
    (SELECT extract(epoch FROM statement_timestamp() - min(coalesce(due_at, created_at)))
        FROM accounts_outboxmail
        WHERE delivered_at IS NULL AND dropped_at IS NULL AND due_at <= statement_timestamp()),
    (SELECT count(*) FROM (SELECT FROM accounts_outboxmail
        WHERE delivered_at IS NULL AND dropped_at IS NULL AND attempts >= {STRUGGLING} LIMIT {MANY}) AS counted),
    (SELECT count(*) FROM accounts_outboxmail
        WHERE id > (SELECT max(id) FROM accounts_outboxmail) - {RECENT_MAILS}
        AND dropped_because = 'The mail server did not take it for three days.'),
    (SELECT count(*) FROM (SELECT FROM studies_upload WHERE state = 'waiting' LIMIT {MANY}) AS counted),
    (SELECT extract(epoch FROM statement_timestamp() - min(created_at))
        FROM studies_upload WHERE state = 'waiting'),
    (SELECT count(*) FROM (SELECT FROM studies_blob WHERE preview = 'waiting' LIMIT {MANY}) AS counted),
    (SELECT extract(epoch FROM statement_timestamp() - least(
        (SELECT min(expires_at) FROM sharing_share
            WHERE ended_at IS NULL AND expires_at IS NOT NULL AND expires_at <= statement_timestamp()),
        (SELECT min(exists_until) FROM studies_placement
            WHERE exists_until <= statement_timestamp() AND exists_until < '{FOREVER:%Y-%m-%d}T00:00Z'))))
"""

NAMES = {
    "cimar_mails_waiting": "Mails in the outbox that are neither delivered nor dropped.",
    "cimar_mail_oldest_due_seconds": "For how long the mail that waits longest has been due.",
    "cimar_mails_struggling": f"Waiting mails that were tried {STRUGGLING} times or more.",
    "cimar_mails_given_up": f"Of the last {RECENT_MAILS} mails, those that no mail server took for three days.",
    "cimar_uploads_waiting": "Uploads that no worker has taken in yet.",
    "cimar_upload_oldest_seconds": "For how long the upload that waits longest has waited.",
    "cimar_previews_waiting": f"Files whose pictures are not made yet, counted up to {MANY}.",
    "cimar_settlement_overdue_seconds": "For how long the oldest expired share has waited for its audit line.",
}


class Facts:
    """A collector: it registers nothing, it asks."""

    def collect(self) -> Iterator[Metric]:
        try:
            values = _facts()
        except Exception as error:
            log.warning("the database gave no facts for the metrics", exc_info=error)
            values = None
        yield GaugeMetricFamily(
            "cimar_database_up", "1 while the database answers.", value=values is not None
        )
        for (name, meaning), value in zip(NAMES.items(), values or [], strict=values is not None):
            yield GaugeMetricFamily(name, meaning, value=float(value or 0))
        yield GaugeMetricFamily("cimar_broker_up", "1 while Celery's broker answers.", value=_broker_up())


def _read() -> tuple[float | None, ...]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '2s'")
        cursor.execute(STATEMENT)
        found: tuple[float | None, ...] = cursor.fetchone()
        return found


_facts = TimeLimited(_read, seconds=PATIENCE)
_broker = TimeLimited(broker_answers, seconds=PATIENCE)


def _broker_up() -> bool:
    try:
        return _broker()
    except Exception:  # however it fails, it is not up
        return False
