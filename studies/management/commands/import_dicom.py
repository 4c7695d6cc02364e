"""Take files, folders and ZIPs into a location or group; pictures and view copies at once, or by the worker."""

import os
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from audit.actor import Actor
from common.text import identity_of_code
from studies import services
from studies.ingest.results import FileOutcome, FileResult
from studies.ingest.sources import Source, from_path
from studies.selectors import series_with
from worklists.models import Worklist


class Command(BaseCommand):
    help = "Imports DICOM files, folders and ZIP files into a worklist. Files imported before are skipped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "paths", nargs="+", type=Path, metavar="PATH", help="a file, a folder or a ZIP file"
        )
        parser.add_argument("--worklist", required=True, help="the worklist's share code or uuid")
        parser.add_argument(
            "--no-previews",
            action="store_false",
            dest="previews",
            help="leave previews and view copies to the worker: images are available at once, these later",
        )

    def handle(self, *, paths: list[Path], worklist: str, previews: bool, **options: Any) -> None:
        target = _worklist(worklist)
        if missing := [path for path in paths if not path.exists()]:
            raise CommandError(f"File or folder not found: {missing[0]}.")
        self._count = 0
        result = services.take_in_all(
            worklist=target, by=Actor.system("upload_study"), sources=_sources(paths), progress=self._progress
        )
        if previews:
            self._line("rendering previews …")
            services.render_previews(blob_ids=result.blob_ids)
            self._line("making view copies …")
            services.make_view_copies(series_ids=series_with(result.blob_ids))
        self._line("")
        for file in result.left_out:
            self.stdout.write(f"{file.outcome}: {file.name}: {file.sentence}")
        self.stdout.write(
            f"{result.n_new} new, {result.n_known} already known, {result.count(FileOutcome.REFUSED)} refused, "
            f"{result.count(FileOutcome.ASIDE)} left aside; {len(result.studies)} studies in {target.label}."
        )
        if not result.n_new and not result.n_known:
            raise CommandError("No file could be imported.")

    def _progress(self, result: FileResult) -> None:
        self._count += 1
        if self._count % 10 == 0:
            self._line(f"{self._count} files …")

    def _line(self, text: str) -> None:
        """A line that is overwritten, on a terminal."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{text:<40}", ending="")
            self.stderr.flush()


def _worklist(named: str) -> Worklist:
    try:
        which = Q(uuid=UUID(named))
    except ValueError:
        which = Q(share_code=identity_of_code(named))
    target = Worklist.objects.with_names().filter(which).first()
    if target is None:
        raise CommandError("There is no worklist with this share code or uuid.")
    if target.is_personal:
        raise CommandError("A personal worklist receives no uploads.")
    return target


def _sources(paths: list[Path]) -> Iterator[Source]:
    """Every file, folders in the order of their names; links inside a folder are not followed."""
    for path in paths:
        if not path.is_dir():
            yield from_path(path)
            continue
        for folder, folders, files in os.walk(path):
            folders.sort()
            for name in sorted(files):
                file = Path(folder, name)
                if file.is_file() and not file.is_symlink():
                    yield from_path(file, name=str(file.relative_to(path.parent)))
