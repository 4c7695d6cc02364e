"""Stores what images are ordered by, for instances that were taken in before it was kept."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from studies import services


class Command(BaseCommand):
    help = (
        "Reads the files of instances without a position or a time and stores what their files say. Works in small "
        "batches, each committed at once, beside the running site; it may be stopped and run again at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after", type=int, default=0, metavar="ID", help="begin behind this instance")

    def handle(self, *, after: int, **options: Any) -> None:
        done = services.store_missing_image_order(after=after, progress=self._say)
        self.stdout.write(f"Order stored of {done:,} instances.")

    def _say(self, last: int, done: int) -> None:
        self.stdout.write(f"up to instance {last}: {done:,} stored")
