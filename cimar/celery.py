"""The Celery app: carries out what services decided, and tells how it went."""

import logging.config
import os
from typing import Any

from celery import Celery, signals
from django.conf import settings
from django_structlog.celery.receivers import CeleryReceiver

from cimar import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimar.settings")
broker.use()
app = Celery("cimar")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Sends the request's id along with each task, and in the worker puts it on the task's lines.
_lines = CeleryReceiver()
_lines.connect_signals()


@signals.setup_logging.connect
def _log_like_everybody(**_: Any) -> None:
    """Instead of Celery's own set-up."""
    logging.config.dictConfig(settings.LOGGING)


@signals.worker_init.connect
def _begin(**_: Any) -> None:
    """In the parent, before its processes are made."""
    from cimar import metrics

    _lines.connect_worker_signals()
    signals.task_prerun.connect(_task_begins)
    signals.task_postrun.connect(_task_ended)
    metrics.begin()
    if port := settings.CIMAR_WORKER_METRICS_PORT:
        from cimar.metrics import worker

        worker.serve(port)


@signals.worker_process_init.connect
def _watch(**_: Any) -> None:
    from cimar import activity_log

    activity_log.watch_this_process()


@signals.worker_process_shutdown.connect
def _forget(pid: int, **_: Any) -> None:
    from cimar import metrics

    metrics.forget(pid)


def _task_begins(task: Any, **_: Any) -> None:
    from cimar import activity_log

    activity_log.task_begins(task)


def _task_ended(task: Any, state: str | None = None, **_: Any) -> None:
    from cimar import activity_log

    activity_log.task_ended(task, state)
