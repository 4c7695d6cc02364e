"""Loads the demo and prints the people to sign in as."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from cimar.demo.files import Missing
from cimar.demo.links import url_of_guest_link
from cimar.demo.loader import Loaded, load
from cimar.demo.people import LOGINS, PASSWORD

REFUSAL = (
    "This is not a development site, and the demo would add people who all share one public password. "
    "If you want that, add --yes-i-know-this-site-is-not-for-development."
)


class Command(BaseCommand):
    # bin/dev has let migrate check everything a moment before.
    requires_system_checks = ()
    help = (
        "Adds two hospitals and a clinic with people, real studies and shares. Existing data is not changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--yes-i-know-this-site-is-not-for-development",
            action="store_true",
            dest="anywhere",
            help="load the demo although this is not a development site",
        )

        parser.add_argument(
            "--scale",
            type=int,
            metavar="N",
            help="instead, generate N studies with their people, shares and audit, to measure on (as the owner)",
        )

    def handle(self, *, anywhere: bool = False, scale: int | None = None, **options: Any) -> None:
        if not settings.CIMAR_DEVELOPMENT and not anywhere:
            raise CommandError(REFUSAL)
        if scale is not None:
            return self._generate(scale)
        try:
            loaded = load()
        except Missing as error:
            raise CommandError(str(error)) from error
        for trouble in loaded.troubles:
            self.stderr.write(trouble)
        self.stdout.write(_summary(loaded))
        self.stdout.write("")
        self.stdout.write(f"Sign in at {settings.CIMAR_BASE_URL}/ with the password: {PASSWORD}\n\n")
        width = max(len(email) for email, _ in LOGINS)
        for email, purpose in LOGINS:
            self.stdout.write(f"  {email:<{width}}  {purpose}")
        if settings.CIMAR_DEVELOPMENT:
            # Its recipient has it by mail. It opens images, so no other site prints it.
            if url := url_of_guest_link():
                self.stdout.write(f"\nA guest link, to open without signing in: {url}")
            self.stdout.write(f"\nEmails that were sent: {settings.CIMAR_BASE_URL}/development/mail/")

    def _generate(self, number: int) -> None:
        from cimar.demo.scale.loader import CannotLoad, load  # numpy and the rest are needed here alone

        try:
            load(number, self.stdout.write)
        except CannotLoad as error:
            raise CommandError(str(error)) from error


def _summary(loaded: Loaded) -> str:
    if not (loaded.people or loaded.studies or loaded.presses):
        return "The demo is already loaded."
    return (
        f"The demo: {loaded.accounts} accounts, {loaded.worklists} worklists, {loaded.people} people, "
        f"{loaded.studies} studies, {loaded.presses} presses of Share Studies."
    )
