"""After a change of SECRET_KEY, before the old key leaves SECRET_KEY_FALLBACKS: seals destinations' secrets anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from worklists.services import reseal_destinations


class Command(BaseCommand):
    help = "Encrypt the secrets of destinations with the current SECRET_KEY, so that the previous key can be removed."

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = reseal_destinations()
        if lost:
            raise CommandError(
                f"{lost} secrets of destinations cannot be read with SECRET_KEY or its fallbacks; {done} are now "
                "encrypted with SECRET_KEY. Put the missing key into SECRET_KEY_FALLBACKS and run this again."
            )
        self.stdout.write(f"{done} secrets of destinations are now encrypted with SECRET_KEY.")
