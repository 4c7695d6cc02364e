"""What is read from the database when Prometheus asks: queues and how long they have waited.

Every web process answers the same; a dashboard takes the highest, never the sum.
"""

from collections.abc import Iterator
from datetime import datetime

import structlog
from django.db import connection, transaction
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

from accounts.selectors.numbers import RECENT_MAILS, STRUGGLING, outbox_numbers
from audit import clock
from cimar.broker import broker_answers
from cimar.time_limit import TimeLimited
from sharing.selectors.numbers import settlement_overdue_since
from studies.selectors.numbers import MANY, ingest_numbers, receiver_seen_at

log = structlog.get_logger(__name__)

PATIENCE = 2.5
NAMES = {
    "cimar_mails_waiting": "Mails in the outbox that are neither delivered nor dropped.",
    "cimar_mail_oldest_due_seconds": "For how long the mail that waits longest has been due.",
    "cimar_mails_struggling": f"Waiting mails that were tried {STRUGGLING} times or more.",
    "cimar_mails_given_up": f"Of the last {RECENT_MAILS} mails, those that no mail server took for three days.",
    "cimar_uploads_waiting": "Uploads that no worker has taken in yet.",
    "cimar_upload_oldest_seconds": "For how long the upload that waits longest has waited.",
    "cimar_previews_waiting": f"Files whose pictures are not made yet, counted up to {MANY}.",
    "cimar_receiver_silent_seconds": "For how long no DIMSE receiver has said that it runs, 0 where there is none.",
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
    """In the order of NAMES. Each app supplies its own numbers."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '2s'")
        now, mails, files = clock.now(), outbox_numbers(), ingest_numbers()
        overdue, receiver = settlement_overdue_since(), receiver_seen_at()

    def seconds_since(moment: datetime | None) -> float | None:
        return (now - moment).total_seconds() if moment is not None else None

    return (
        mails.waiting,
        seconds_since(mails.due_since),
        mails.struggling,
        mails.given_up,
        files.uploads_waiting,
        seconds_since(files.uploads_since),
        files.previews_waiting,
        seconds_since(receiver),
        seconds_since(overdue),
    )


_facts = TimeLimited(_read, seconds=PATIENCE)
_broker = TimeLimited(broker_answers, seconds=PATIENCE)


def _broker_up() -> bool:
    try:
        return _broker()
    except Exception:  # however it fails, it is not up
        return False
