"""Proves that the storage holds what the database names."""

import hashlib
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import chain, groupby
from typing import Any
from uuid import UUID

from django.core.files.storage import storages
from django.core.management.base import BaseCommand

from studies import services
from studies.ingest import stored_files
from studies.models import Blob, Instance, Leftover, Upload, UploadedFile, ViewCopy
from studies.models.view_copy import PACKS


class Command(BaseCommand):
    help = (
        "Compares the database with the storage: every stored file that the database names exists with the right size, "
        "and so do its pictures. Reports each difference, by the file's hash."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--hash", action="store_true", dest="read", help="also read all files and compare their hashes"
        )
        parser.add_argument(
            "--sweep",
            action="store_true",
            help="first remove all files that nothing needs; only while no import is running",
        )

    def handle(self, *, read: bool, sweep: bool, **options: Any) -> None:
        self.rowless = self.strangers = self.bytes = 0
        if sweep:
            swept = services.sweep_leftovers(everywhere=True)
            if swept.backup_runs:
                self.stdout.write("A backup is running, so nothing was removed.")
        differences = 0
        for difference in self._differences(read):
            differences += 1
            self.stdout.write(difference)
        for difference in chain(_packs(), _uploads()):
            differences += 1
            self.stdout.write(difference)
        self._report_leftovers()
        if differences:
            self.stderr.write(
                f"{differences} difference{'s' if differences > 1 else ''} between the database and the storage."
            )
            sys.exit(1)
        how = "with the right size and hash" if read else "with the right size"
        self.stdout.write(f"No differences: all {self.bytes:,} files that the database names exist, {how}.")

    def _differences(self, read: bool) -> Iterator[str]:
        """Prefix by prefix: rows and files side by side, however many there are of both."""
        for prefix in stored_files.PREFIXES:
            rows = {
                blob.sha256: blob for blob in Blob.objects.filter(sha256__gte=prefix, sha256__lt=f"{prefix}g")
            }
            by_hash = groupby(stored_files.walk(f"{prefix}/"), key=lambda file: stored_files.hash_in(file[0]))
            for sha256, group in by_hash:
                files = dict(group)
                if not sha256:
                    self.strangers += len(files)
                elif sha256 not in rows:
                    self.rowless += len(files)
                else:
                    yield from self._compare(rows.pop(sha256), files, read)
            for sha256 in rows:
                yield f"The file {sha256} is missing."

    def _compare(self, blob: Blob, files: dict[str, int], read: bool) -> Iterator[str]:
        self.bytes += 1
        if blob.key not in files:
            yield f"The file {blob.sha256} is missing."
        elif files[blob.key] != blob.size:
            yield f"The file {blob.sha256} should have {blob.size:,} bytes but has {files[blob.key]:,}."
        elif read and _hash(blob.key) != blob.sha256:
            yield f"The file {blob.sha256} is damaged: its hash is different."
        if blob.preview == Blob.Preview.READY and blob.preview_key(1) not in files:
            yield f"The pictures of {blob.sha256} are missing, but the database says they are ready."

    def _report_leftovers(self) -> None:
        """What no row names is untidy and does no harm; the hourly sweep removes it."""
        unused = Blob.objects.exclude(pk__in=Instance.objects.values("blob")).count()
        lines = {
            "files that the database does not name": self.rowless,
            "files in the database that no instance uses": unused,
            "files of deleted studies still to be removed": Leftover.objects.filter(removed=None).count(),
            "files with names that are not CIMAR’s": self.strangers,
        }
        for what, count in lines.items():
            if count:
                self.stdout.write(f"{count:,} {what}.")


def _packs() -> Iterator[str]:
    """View copies that the database says are there; they can be made again from the files."""
    for prefix in stored_files.PREFIXES:
        files = dict(stored_files.walk(f"{PACKS}{prefix}/"))
        ends = UUID(f"{prefix}{'0' * 30}"), UUID(f"{prefix}{'f' * 30}")
        for copy in ViewCopy.objects.filter(uuid__range=ends).select_related("series").order_by("uuid"):
            if copy.key not in files:
                yield f"The view copy of series {copy.series.uuid} is missing: drop it, and it is made again."
            elif files[copy.key] != copy.size:
                yield f"The view copy of series {copy.series.uuid} has another size: drop it, and it is made again."


def _uploads() -> Iterator[str]:
    """Files of uploads that wait for a worker: without their bytes, what was sent is lost."""
    waiting = UploadedFile.objects.filter(upload__state=Upload.State.WAITING, done_at=None)
    for pk, key in waiting.order_by("pk").values_list("pk", "key"):
        if not storages["dicom"].exists(key):
            yield f"The uploaded file {pk} is waiting to be imported, but it is missing from the storage."


def _hash(key: str) -> str:
    digest = hashlib.sha256()
    with storages["dicom"].open(key) as stream:
        for piece in stream.chunks():
            digest.update(piece)
    return digest.hexdigest()
