"""Asks a worker to run a task soon, after commit; the row in the database ensures that the work is done."""

import logging

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def poke(task: str, **ids: object) -> None:
    """Ask a worker to run the named task soon, once this transaction has committed.

    Without a broker the request is dropped, and the periodic task does the work of the row.
    """
    transaction.on_commit(lambda: _send(task, ids), robust=True)


def _send(task: str, ids: dict[str, object]) -> None:
    try:
        current_app.send_task(task, kwargs=ids, retry=False, ignore_result=True)
    except Exception:  # the broker may fail in many ways, and no failure may reach the person
        log.warning("the broker did not take %s; the periodic task will", task)
