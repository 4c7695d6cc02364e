"""What the worker does for studies; each task is one service call."""

from celery import shared_task

from studies import services


@shared_task(name="studies.ingest_waiting")
def ingest_waiting() -> None:
    services.ingest_waiting()


@shared_task(name="studies.render_previews")
def render_previews() -> None:
    services.render_waiting()


@shared_task(name="studies.send_waiting")
def send_waiting() -> None:
    services.send_waiting()


@shared_task(name="studies.make_view_copies")
def make_view_copies() -> None:
    services.make_waiting_view_copies()


@shared_task(name="studies.renew_old")
def renew_old() -> None:
    services.renew_old()


@shared_task(name="studies.sweep_leftovers")
def sweep_leftovers() -> None:
    services.sweep_leftovers()


@shared_task(name="studies.record_received")
def record_received() -> None:
    services.record_received()
