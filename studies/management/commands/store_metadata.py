"""Stores the metadata of instances that were taken in before metadata were kept."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from studies import services


class Command(BaseCommand):
    help = (
        "Reads the files of instances without stored metadata and stores what DICOMweb answers from. Works in small "
        "batches, each committed at once, beside the running site; it may be stopped and run again at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after", type=int, default=0, metavar="ID", help="begin behind this instance")

    def handle(self, *, after: int, **options: Any) -> None:
        done = services.store_missing_metadata(after=after, progress=self._say)
        self.stdout.write(f"Metadata stored: {done:,}.")

    def _say(self, last: int, done: int) -> None:
        if done % 1000 == 0:
            self.stdout.write(f"up to instance {last}: {done:,} stored")
