"""The sharing app."""

from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "sharing"

    def ready(self) -> None:
        from sharing.services.guest_ends import end_links_without_right
        from worklists import access

        access.end_with_rights(end_links_without_right)
