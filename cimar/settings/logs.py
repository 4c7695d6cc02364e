"""Logs and metrics of each process."""

import logging

from cimar import logs
from cimar.settings.where import CIMAR_DEVELOPMENT, env

# Lines on standard error, JSON where a machine collects them. No patient data: no query, form field or SQL parameter.
LOGGING = logs.config(
    readable=env.text("CIMAR_LOG_FORMAT", "lines" if CIMAR_DEVELOPMENT else "json") == "lines",
    level=env.text("CIMAR_LOG_LEVEL", "INFO").upper(),
)
logs.configure_structlog()
# The end of a task is logged, not its beginning; not in development, where tasks end every few seconds.
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_SUCCESS_LOG_LEVEL = logging.DEBUG if CIMAR_DEVELOPMENT else logging.INFO
DJANGO_STRUCTLOG_CELERY_TASK_FAILURE_LOG_LEVEL = logging.ERROR
# Retried and revoked tasks too: a periodic task that is too late is dropped on purpose.
DJANGO_STRUCTLOG_CELERY_TASK_RETRY_LOG_LEVEL = logging.INFO
# Statements slower than this are logged, by their text without values.
CIMAR_SLOW_QUERY_MS = env.number("CIMAR_SLOW_QUERY_MS", 500)

# With this token /metrics can be read; without it, or where none is set, the answer is 404.
CIMAR_METRICS_TOKEN = env.secret("CIMAR_METRICS_TOKEN")
# The port where a worker serves its own metrics, under the same token; 0 for none.
CIMAR_WORKER_METRICS_PORT = env.number("CIMAR_WORKER_METRICS_PORT", 0)
CIMAR_RECEIVER_METRICS_PORT = env.number("CIMAR_RECEIVER_METRICS_PORT", 0)
# Counts the events of the audit trail once they are committed.
CIMAR_AUDIT_COUNTER = "cimar.metrics.audit_counts.EventCounts"
