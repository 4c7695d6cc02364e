"""What the worker does for sharing: each task is one service call."""

from celery import shared_task

from sharing import services


@shared_task(name="sharing.settle_overdue", soft_time_limit=50, time_limit=60)
def settle_overdue() -> None:
    services.settle_overdue()
