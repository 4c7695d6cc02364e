"""Compares the patients of studies that were there before arriving studies were compared."""

from typing import Any

from django.core.management.base import BaseCommand

from studies import services


class Command(BaseCommand):
    help = (
        "Marks the studies whose patient disagrees with an earlier study of the same MRN on their worklist, as for "
        "studies that arrive. Works in small batches, each committed at once, beside the running site; it may be "
        "stopped and run again at any time, and changes nothing that a person decided."
    )

    def handle(self, **options: Any) -> None:
        marked = services.compare_earlier_studies(progress=self._say)
        self.stdout.write(f"Marked: {marked:,}.")

    def _say(self, worklist: int, rows: int, marked: int) -> None:
        self.stdout.write(f"worklist {worklist}: {rows:,} placements read; {marked:,} marked so far")
