"""After a change of SECRET_KEY, before the old key leaves SECRET_KEY_FALLBACKS: seals second factors anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services.second_factor import reseal_all


class Command(BaseCommand):
    help = "Encrypt the secrets of second factors with the current SECRET_KEY, so that the previous key can be removed."

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = reseal_all()
        if lost:
            raise CommandError(
                f"{lost} secrets cannot be read with SECRET_KEY or its fallbacks; {done} are now encrypted with "
                "SECRET_KEY. Put the missing key into SECRET_KEY_FALLBACKS and run this again."
            )
        self.stdout.write(f"{done} secrets are now encrypted with SECRET_KEY.")
