"""The tasks of the worker."""

from celery import shared_task

from accounts.services import outbox


@shared_task(name="accounts.deliver_mail")
def deliver_mail() -> None:
    outbox.deliver_waiting()
