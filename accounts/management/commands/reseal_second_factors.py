"""After a change of SECRET_KEY, before the old key leaves SECRET_KEY_FALLBACKS: seals second factors anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.services.second_factor import reseal_all


class Command(BaseCommand):
    help = "Put the secrets of second factors under today's SECRET_KEY, so that the key before it can go."

    def handle(self, *args: Any, **options: Any) -> None:
        done, lost = reseal_all()
        if lost:
            raise CommandError(
                f"{lost} secrets cannot be read with SECRET_KEY or its fallbacks; {done} stand under SECRET_KEY now. "
                "Put the missing key into SECRET_KEY_FALLBACKS and run this again."
            )
        self.stdout.write(f"{done} secrets stand under SECRET_KEY now.")
