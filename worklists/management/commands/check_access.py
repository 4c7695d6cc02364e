"""Proves that guardian's tables grant what roles and memberships give."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from worklists.management import access_check


class Command(BaseCommand):
    help = "Compute every right from roles and memberships and report each difference from the rights that are granted."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        number = 0
        for sentence in access_check.under_way():
            self.stdout.write(sentence)
        for difference in access_check.differences():
            number += 1
            self.stdout.write(difference)
        if number:
            self.stderr.write(
                f"{number} difference{'s' if number > 1 else ''} between the rights granted and the rights due."
            )
            sys.exit(1)
        self.stdout.write(
            "No differences: every right that is granted is due, and every right that is due is granted."
        )
