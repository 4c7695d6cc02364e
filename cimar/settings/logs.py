"""What is told of each process: lines and counts."""

import logging

from cimar import logs
from cimar.settings.where import CIMAR_DEVELOPMENT, env

# Lines to standard error, JSON where a machine collects them. No patient data: no query, form field or SQL parameter.
LOGGING = logs.config(
    readable=env.text("CIMAR_LOG_FORMAT", "lines" if CIMAR_DEVELOPMENT else "json") == "lines",
    level=env.text("CIMAR_LOG_LEVEL", "INFO").upper(),
)
logs.configure_structlog()
# A task's beginning is of interest to nobody, its end is; every few seconds, so not to a developer.
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_CELERY_TASK_SUCCESS_LOG_LEVEL = logging.DEBUG if CIMAR_DEVELOPMENT else logging.INFO
DJANGO_STRUCTLOG_CELERY_TASK_FAILURE_LOG_LEVEL = logging.ERROR
# "Tried again" and "revoked" too: a beat's tick that came too late is dropped on purpose.
DJANGO_STRUCTLOG_CELERY_TASK_RETRY_LOG_LEVEL = logging.INFO
# A statement slower than this is told of, by its text without values.
CIMAR_SLOW_QUERY_MS = env.number("CIMAR_SLOW_QUERY_MS", 500)

# Who brings it reads /metrics; for everybody else, and for all where none is set, nothing is there.
CIMAR_METRICS_TOKEN = env.secret("CIMAR_METRICS_TOKEN")
# Where a worker shows its own, under the same token. 0 is nowhere.
CIMAR_WORKER_METRICS_PORT = env.number("CIMAR_WORKER_METRICS_PORT", 0)
# Counts what the audit trail records, once it is committed.
CIMAR_AUDIT_COUNTER = "cimar.metrics.audit_counts.EventCounts"
