"""The tasks of the worker."""

from celery import shared_task

from audit.services import record_bursts


@shared_task(name="audit.record_bursts")
def record_refusal_bursts() -> None:
    record_bursts()
