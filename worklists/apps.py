"""The worklists app."""

from django.apps import AppConfig


class WorklistsConfig(AppConfig):
    name = "worklists"

    def ready(self) -> None:
        from audit import actor
        from worklists import access

        actor.read_rights_with(access)
