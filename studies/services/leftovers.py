"""Bytes that nothing needs any more: of deleted studies, of imports that were cut off, of aborted uploads.

Every hour. What a deletion left is removed first. What a crash left is searched for in one part of the storage an
hour, all of it within a day, so that an hour's search stays small however much is stored. No byte goes while a row
names it, nor while a backup runs (`studies.ingest.store.bytes_may_go`).
"""

import logging
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.core.files.storage import storages
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from audit import clock
from audit.actions import Action
from audit.actor import SYSTEM
from audit.services import record
from studies.ingest import stored_files
from studies.ingest.store import bytes_may_go, drop_unused, remove, remove_rowless
from studies.models import Blob, Instance, Leftover, Study, Upload, UploadedFile, UploadedPiece
from studies.services.view_copies import sweep_packs, sweep_packs_without_row
from worklists.events import on_worklist_with

log = logging.getLogger(__name__)

BATCH = 100
ENOUGH_SECONDS = 400  # a task stops by itself well before it is stopped
# An import stores bytes a moment before it places them: searching there would only make it store them again.
SETTLED = timedelta(hours=1)
# An upload's files are written before its row is; a big one takes a while.
ABORTED = timedelta(days=1)


@dataclass
class Swept:
    """How many files each search removed, pictures counted with theirs."""

    of_deleted_studies: int = 0
    without_instance: int = 0
    without_row: int = 0
    of_uploads: int = 0
    packs: int = 0
    backup_runs: bool = False


def leave_bytes(*, study: Study) -> None:
    """Note which bytes a study uses, in the transaction that deletes it and before its instances go."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO studies_leftover (study_id, sha256, size) SELECT DISTINCT i.study_id, b.sha256, b.size "
            "FROM studies_instance i JOIN studies_blob b ON b.id = i.blob_id WHERE i.study_id = %s",
            [study.pk],
        )
        cursor.execute(
            "INSERT INTO studies_leftoverpack (uuid) SELECT v.uuid FROM studies_viewcopy v "
            "JOIN studies_series e ON e.id = v.series_id WHERE e.study_id = %s AND v.uuid IS NOT NULL",
            [study.pk],
        )


def sweep_leftovers(*, everywhere: bool = False, seconds: float = ENOUGH_SECONDS) -> Swept:
    """One hour's sweep. `everywhere` searches the whole storage, also among what is new: only while no import runs."""
    finish_by = None if everywhere else time.monotonic() + seconds
    now, swept = clock.now(), Swept()
    if not _may_begin():
        swept.backup_runs = True
        return swept
    prefixes = stored_files.PREFIXES if everywhere else stored_files.PREFIXES[now.hour :: 24]
    before = now if everywhere else now - SETTLED
    for removed in _deleted_studies(finish_by):
        swept.of_deleted_studies += removed
    swept.of_uploads = _aborted_uploads(now - ABORTED)
    swept.packs = sweep_packs()
    for prefix in prefixes:
        if finish_by is not None and time.monotonic() > finish_by:
            break  # the same part comes again tomorrow
        swept.without_instance += _rows_without_instance(prefix, before)
        swept.without_row += _files_without_row(prefix)
        swept.packs += sweep_packs_without_row(prefix)
    log.info(
        "leftovers: removed the bytes of %s files of deleted studies, %s that no instance names, "
        "%s without a row, %s of uploads; %s packs of view copies",
        *(swept.of_deleted_studies, swept.without_instance, swept.without_row, swept.of_uploads, swept.packs),
    )
    return swept


@transaction.atomic
def _may_begin() -> bool:
    return bytes_may_go()


def _deleted_studies(finish_by: float | None) -> Iterator[int]:
    """Study by study, a batch at a time; after a crash the next sweep goes on where this one stopped."""
    for study_id in Leftover.objects.order_by("study").values_list("study", flat=True).distinct():
        of_study = Leftover.objects.filter(study=study_id)
        while hashes := list(
            of_study.filter(removed=None).order_by("id").values_list("sha256", flat=True)[:BATCH]
        ):
            gone, needed = _remove_unused(hashes)
            of_study.filter(sha256__in=gone).update(removed=True)
            of_study.filter(sha256__in=needed).update(removed=False)
            yield len(gone)
            if finish_by is not None and time.monotonic() > finish_by:
                return
            if len(gone) + len(needed) < len(hashes):
                break  # a backup began, or an import has stored them and not yet placed them: another hour
        _note(study_id)


def _remove_unused(hashes: Sequence[str]) -> tuple[list[str], set[str]]:
    """Those of these bytes that are gone now, and those that an undeleted study needs."""
    drop_unused(Blob.objects.filter(sha256__in=hashes).values_list("pk", flat=True))
    needed = set(Instance.objects.filter(blob__sha256__in=hashes).values_list("blob__sha256", flat=True))
    named = _named(hashes)
    return [sha256 for sha256 in hashes if sha256 not in named and remove_rowless(sha256)], needed


@transaction.atomic
def _note(study_id: int) -> None:
    """One event for the study, as its row is since the deletion, once all its bytes are settled.

    It counts the files that were the study's: whether another study still holds some of them is not told here.
    """
    rows = list(Leftover.objects.select_for_update().filter(study=study_id))
    if not rows or any(row.removed is None for row in rows):
        return
    study = Study.objects.select_related("home__account", "home__owner").get(pk=study_id)
    on = on_worklist_with(
        study.home,
        study_id=study.pk,
        study_uid=study.study_instance_uid,
        in_original=True,
        detail={"files": len(rows)},
    )
    record(Action.STUDY_BYTES_REMOVE, by=SYSTEM, on=on)
    Leftover.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _rows_without_instance(prefix: str, before: datetime) -> int:
    """Bytes that an import stored and never placed."""
    used = Exists(Instance.objects.filter(blob=OuterRef("pk")))
    unused = Blob.objects.filter(~used, sha256__gte=prefix, sha256__lt=f"{prefix}g", stored_at__lt=before)
    ids = list(unused.values_list("pk", flat=True))
    for first in range(0, len(ids), BATCH):
        drop_unused(ids[first : first + BATCH])
    return len(ids) - Blob.objects.filter(pk__in=ids).count()


def _files_without_row(prefix: str) -> int:
    """What a crash left between writing bytes and writing their row, or between removing the row and the bytes."""
    removed = 0
    keys = (key for key, _ in stored_files.walk(f"{prefix}/"))
    for _, group in groupby(keys, key=lambda key: key[:5]):
        hashes = {sha256 for key in group if (sha256 := stored_files.hash_in(key))}
        removed += sum(remove_rowless(sha256) for sha256 in sorted(hashes - _named(hashes)))
    return removed


def _named(hashes: Collection[str]) -> set[str]:
    return set(Blob.objects.filter(sha256__in=hashes).values_list("sha256", flat=True))


def _aborted_uploads(before: datetime) -> int:
    """Files of uploads whose row was never written, or that were taken in and stayed behind."""
    storage, removed = storages["dicom"], 0
    waiting = UploadedFile.objects.filter(upload__state=Upload.State.WAITING, done_at=None).exclude(key="")
    # The storage is read first: a file that arrives afterwards is not among these.
    keys = [key for key, _ in stored_files.walk(stored_files.INCOMING)]
    pieces = UploadedPiece.objects.filter(upload__state=Upload.State.WAITING)
    awaited = (
        {*waiting.values_list("key", flat=True), *pieces.values_list("key", flat=True)} if keys else set()
    )
    for key in keys:
        if key not in awaited and storage.get_modified_time(key) < before:
            with transaction.atomic():
                if not bytes_may_go():
                    return removed
                remove(key)
            removed += 1
    return removed
