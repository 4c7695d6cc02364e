"""Note roles and memberships in the audit trail as they stand, once: a replay of who could do what begins there."""

from django.core.management.base import BaseCommand

from worklists.services.noting import note_rights


class Command(BaseCommand):
    help = (
        "Note in the audit trail which roles and memberships there are, so that who could open a study at a moment "
        "can be told from the trail afterwards. Run it once after installing or upgrading; again it does nothing."
    )

    def handle(self, *args: object, **options: object) -> None:
        self.stdout.write(f"{note_rights()} noted.")
