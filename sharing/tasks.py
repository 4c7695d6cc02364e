"""What the worker does for sharing: each task is one service call."""

from celery import shared_task

from sharing import services
from sharing.services import daily_notices, openings, urgent, warnings


@shared_task(name="sharing.settle_overdue", soft_time_limit=50, time_limit=60)
def settle_overdue() -> None:
    services.settle_overdue()


@shared_task(name="sharing.hand_on_sent", soft_time_limit=230, time_limit=240)
def hand_on_sent() -> None:
    services.hand_on_sent()


@shared_task(name="sharing.end_dead_links", soft_time_limit=50, time_limit=60)
def end_dead_links() -> None:
    services.end_dead_links()


@shared_task(name="sharing.warn_of_ends", soft_time_limit=50, time_limit=60)
def warn_of_ends() -> None:
    warnings.warn_of_ends()


@shared_task(name="sharing.tell_openings", soft_time_limit=50, time_limit=60)
def tell_openings() -> None:
    openings.tell_openings()


@shared_task(name="sharing.escalate_urgent", soft_time_limit=50, time_limit=60)
def escalate_urgent() -> None:
    urgent.escalate_urgent()


@shared_task(name="sharing.send_daily_notices", soft_time_limit=110, time_limit=120)
def send_daily_notices() -> None:
    daily_notices.send_daily_notices()


@shared_task(name="sharing.forget_old_notices", soft_time_limit=110, time_limit=120)
def forget_old_notices() -> None:
    daily_notices.forget_old_notices()
