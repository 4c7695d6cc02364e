"""Pokes the worker after commit; the row in the database is what makes the work certain."""

import logging

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def poke(task: str, **ids: object) -> None:
    """Ask a worker to run the named task soon, once this transaction has committed.

    A dead broker costs the caller nothing: the poke is dropped and the periodic task finds the row.
    """
    transaction.on_commit(lambda: _send(task, ids), robust=True)


def _send(task: str, ids: dict[str, object]) -> None:
    try:
        current_app.send_task(task, kwargs=ids, retry=False, ignore_result=True)
    except Exception:  # the broker may fail in many ways, and none of them may reach the person
        log.warning("the broker did not take %s; the periodic task will", task)
