"""`manage.py install_ohif FILE`: the full viewer from a release archive, served under `/ohif/`."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from studies.management.ohif_archive import ArchiveRefused, unpack


class Command(BaseCommand):
    help = "Unpack a release of the OHIF viewer (npm's @ohif/app as .tgz, or a .zip) and serve it to signed-in people."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, help="such as ohif-app-3.13.2.tgz of `npm pack @ohif/app@3.13.2`"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            unpacked = unpack(file, settings.CIMAR_OHIF_ROOT)
        except ArchiveRefused as refused:
            raise CommandError(str(refused)) from refused
        size = f"{unpacked.size / 1024**2:.1f} MB"
        self.stdout.write(f"Installed: {unpacked.files} files, {size}, in {settings.CIMAR_OHIF_ROOT}.")
