"""Makes, checks and drops the view copies of series."""

import hashlib
import sys
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from studies import services
from studies.models import Series, Study, ViewCopy

BATCH = 200


class Command(BaseCommand):
    help = (
        "View copies are the series' images in the form that the viewer reads. "
        "make: those that are missing, at once. check: each pack exists as it was written. "
        "drop: removes them; they are made again when a study is opened."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["make", "check", "drop"])
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--study", help="the uuid of a study, or its Study Instance UID")
        which.add_argument("--all", action="store_true", dest="everything", help="of all studies")
        parser.add_argument(
            "--again", action="store_true", help="with make: also try those again that failed"
        )

    def handle(self, *, what: str, study: str | None, again: bool, **options: Any) -> None:
        studies = _studies(study) if study else None
        match what:
            case "make":
                self._make(studies, again)
            case "check":
                self._check(studies)
            case _:
                self._drop(studies)
        self._say_old()

    def _say_old(self) -> None:
        """What an older release made; the worker makes it anew in the background."""
        old = services.old_ones()
        if old.pictures or old.view_copies:
            self.stdout.write(
                f"Made by an older release, and made anew in the background: the pictures of {old.pictures:,} files, "
                f"{old.view_copies:,} view copies."
            )

    def _make(self, studies: list[int] | None, again: bool) -> None:
        done, after = 0, 0
        while batch := _series(studies, after):
            ids = services.ask_for_view_copies(which=Q(pk__in=batch), again=again)
            done += services.make_view_copies(series_ids=ids)
            after = batch[-1]
        self.stdout.write(f"{done:,} view copies made.")

    def _check(self, studies: list[int] | None) -> None:
        checked = wrong = 0
        copies = ViewCopy.objects.filter(_of(studies), state=ViewCopy.State.READY).select_related("series")
        for copy in copies.order_by("pk").iterator(chunk_size=BATCH):
            checked += 1
            if difference := _difference(copy):
                wrong += 1
                self.stdout.write(f"The view copy of series {copy.series.uuid} {difference}.")
        if wrong:
            self._say_old()
            self.stderr.write(
                f"{wrong:,} of {checked:,} view copies are wrong: drop them, then make them again."
            )
            sys.exit(1)
        self.stdout.write(f"All {checked:,} view copies exist as they were written.")

    def _drop(self, studies: list[int] | None) -> None:
        dropped = 0
        while batch := list(
            ViewCopy.objects.filter(_of(studies)).order_by("pk").values_list("pk", flat=True)[:BATCH]
        ):
            dropped += services.drop_view_copies(which=Q(pk__in=batch))
        self.stdout.write(f"{dropped:,} view copies dropped.")


def _studies(named: str) -> list[int]:
    try:
        which = Q(uuid=UUID(named))
    except ValueError:
        which = Q(study_instance_uid=named)
    studies = list(Study.objects.filter(which, deleted_at=None).values_list("pk", flat=True))
    if not studies:
        raise CommandError("There is no such study.")
    return studies


def _of(studies: list[int] | None) -> Q:
    return Q() if studies is None else Q(series__study__in=studies)


def _series(studies: list[int] | None, after: int) -> list[int]:
    rows = Series.objects.filter(Q() if studies is None else Q(study__in=studies), pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])


def _difference(copy: ViewCopy) -> str:
    storage = storages["dicom"]
    if not storage.exists(copy.key):
        return "is missing"
    if storage.size(copy.key) != copy.size:
        return "has another size"
    digest = hashlib.sha256()
    with storage.open(copy.key) as file:
        for piece in file.chunks():
            digest.update(piece)
    return "" if digest.hexdigest() == copy.sha256 else "is damaged"
