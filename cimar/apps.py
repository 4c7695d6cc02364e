"""The project as an app, for its template tags and commands."""

from django.apps import AppConfig


class CimarConfig(AppConfig):
    name = "cimar"

    def ready(self) -> None:
        # Makes our Celery app the current one in every process, so that @shared_task and poke() find the broker.
        from cimar import celery  # noqa: F401
