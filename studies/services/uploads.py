"""Uploads: the web process keeps the files as they come, a worker takes them in."""

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import zip_longest
from typing import IO

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.queue import poke
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.formats import size_in_words
from studies.events import on_upload
from studies.ingest import stored_files, upload_results
from studies.ingest.joined import joined
from studies.ingest.limits import limits
from studies.ingest.results import FileResult, IngestResult
from studies.ingest.sources import Source, shown
from studies.ingest.store import put, remove, remove_received
from studies.models import Blob, Upload, UploadedFile, UploadedPiece
from studies.selectors.uploads import IS_SENT
from studies.services.ingest import carry_in
from studies.services.upload_addresses import count_sent, destination_of
from worklists.events import on_worklist
from worklists.models import Worklist

CHUNK = 50
CLAIM = timedelta(minutes=12)  # longer than a task may run
ENOUGH_SECONDS = 400  # a task stops by itself well before it is stopped


class OutOfTime(Exception):
    """This worker's time is used up; the next task continues."""


def receive_upload(
    *,
    worklist: Worklist,
    by: Actor,
    files: "Sequence[File[bytes]]",
    names: Sequence[str] = (),
    code: str = "",
) -> Upload:
    """Keep the files of one press of Upload and ask a worker to take them in. `names` have a folder's paths.

    `code`: as for `destination_of`.
    """
    destination = destination_of(worklist=worklist, by=by, code=code)
    size = sum(file.size or 0 for file in files)
    check_amount(len(files), size)
    count_sent(sent_to=destination.sent_to, by=by, size=size)
    with kept_files(files, names) as kept:
        # The files may have taken a while: rights are asked once more, in the transaction that counts.
        return _begin_upload(worklist=worklist, by=by, code=code, kept=kept)


@contextmanager
def kept_files(files: "Sequence[File[bytes]]", names: Sequence[str]) -> Iterator[list[tuple[str, str]]]:
    """The files in the storage: name to show and key. What fails inside removes them again."""
    kept: list[tuple[str, str]] = []
    try:
        for file, name in zip_longest(files, names[: len(files)]):
            key = f"{stored_files.INCOMING}{secrets.token_hex(16)}"
            kept.append((shown(name or file.name or _("without a name")), key))
            put(key, file)
        yield kept
    except BaseException:
        for _name, key in kept:
            remove(key)
        raise


def check_amount(number: int, size: int) -> None:
    """Raises where so many files of this size together are too few or too many for an upload."""
    bounds = limits()
    if not number:
        raise ValidationError(_("Choose at least one file, folder or ZIP."))
    if number > bounds.upload_files:
        raise ValidationError(
            _(
                "You chose %(chosen)s files; one upload can have at most %(most)s. "
                "Upload a ZIP, or upload in several parts."
            )
            % {"chosen": f"{number:,}", "most": f"{bounds.upload_files:,}"}
        )
    if size > bounds.upload_bytes:
        raise ValidationError(
            _(
                "These files are larger than %(most)s, the most one upload can have. "
                "Upload them in several parts."
            )
            % {"most": size_in_words(bounds.upload_bytes)}
        )


@transaction.atomic
def _begin_upload(*, worklist: Worklist, by: Actor, code: str, kept: Sequence[tuple[str, str]]) -> Upload:
    destination = destination_of(worklist=worklist, by=by, code=code)
    upload = Upload.objects.create(
        worklist=destination.home,
        sent_to=destination.sent_to,
        by=by.person,
        ip_address=by.ip_address,
        n_files=len(kept),
    )
    UploadedFile.objects.bulk_create([UploadedFile(upload=upload, name=name, key=key) for name, key in kept])
    record(Action.STUDY_UPLOAD, by=by, on=on_upload(upload, files=len(kept)))
    poke("studies.ingest_waiting")
    return upload


def ingest_waiting(*, seconds: float = ENOUGH_SECONDS) -> int:
    """Take in what waits, one upload after the other; returns how many were finished."""
    finish_by = time.monotonic() + seconds
    finished = 0
    try:
        while upload := _claim():
            finished += _carry_on(upload, finish_by)
    except OutOfTime:
        poke("studies.ingest_waiting")
    if Blob.objects.filter(preview=Blob.Preview.WAITING).exists():
        poke("studies.render_previews")
    return finished


@transaction.atomic
def _claim() -> Upload | None:
    """The longest waiting upload that has something to do and no worker, or whose worker was killed."""
    upload = (
        Upload.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .filter(Q(claimed_until=None) | Q(claimed_until__lte=Now()), state=Upload.State.WAITING)
        .filter(IS_SENT | Q(n_files__gt=F("n_done")))
        .select_related("worklist__account", "worklist__owner", "by")
        .order_by("created_at", "id")
        .first()
    )
    if upload is not None:
        upload.claimed_until = Now() + CLAIM
        upload.save(update_fields=["claimed_until"])
        upload.refresh_from_db(fields=["claimed_until"])
    return upload


def _carry_on(upload: Upload, finish_by: float) -> bool:
    """Take in what is left of an upload; whether it is done now.

    Whatever was taken in before is known again, so a second time does no harm.
    """

    def in_time(result: FileResult) -> None:
        if time.monotonic() > finish_by:
            raise OutOfTime

    try:
        while chunk := list(upload.files.filter(done_at=None).order_by("id")[:CHUNK]):
            result = carry_in(
                worklist=upload.worklist,
                by=upload.actor,
                sources=[Source(file.name, partial(_open, file), tag=file.pk) for file in chunk],
                progress=in_time,
                is_sent=upload.sent_to_id is not None,
            )
            _settle_chunk(upload, chunk, result)
            # Their bytes are kept by hash now; a crash before this line leaves files that nothing refers to.
            remove_received([file.key for file in chunk if file.key] + _forget_pieces(chunk))
        return _finish(upload)
    except OutOfTime:
        Upload.objects.filter(pk=upload.pk).update(claimed_until=None)
        raise


def _open(file: UploadedFile) -> IO[bytes]:
    if file.key:
        return storages["dicom"].open(file.key)
    return joined(list(_pieces([file]).order_by("start").values_list("key", "size")))


def _pieces(files: Sequence[UploadedFile]) -> "QuerySet[UploadedPiece]":
    marks = [file.mark for file in files if not file.key]
    return UploadedPiece.objects.filter(upload__in=[file.upload_id for file in files], mark__in=marks)


def _forget_pieces(files: Sequence[UploadedFile]) -> list[str]:
    """The keys of the pieces of these files, which have no rows any more."""
    pieces = list(_pieces(files))
    UploadedPiece.objects.filter(pk__in=[piece.pk for piece in pieces]).delete()
    return [piece.key for piece in pieces]


@transaction.atomic
def _settle_chunk(upload: Upload, chunk: Iterable[UploadedFile], result: IngestResult) -> None:
    """Note what became of these files, and of each member of a ZIP that there is something to say about."""
    chunk = list(
        UploadedFile.objects.select_for_update().filter(pk__in=[file.pk for file in chunk], done_at=None)
    )
    if not chunk:
        return  # our claim ran out, and another worker was quicker
    upload_results.note_files(upload, chunk, result.files)
    upload_results.count_studies(upload, result.files)
    Upload.objects.filter(pk=upload.pk).update(
        n_done=F("n_done") + len(chunk),
        n_new=F("n_new") + result.n_new,
        n_known=F("n_known") + result.n_known,
        claimed_until=Now() + CLAIM,
    )


@transaction.atomic
def _finish(upload: Upload) -> bool:
    """The upload is done if all of it is sent; otherwise whoever finds more of its files continues."""
    waits = Upload.objects.filter(pk=upload.pk, state=Upload.State.WAITING)
    waits.select_for_update(no_key=True).first()
    # In a new statement: before the lock more files may have arrived.
    if upload.files.filter(done_at=None).exists() or not waits.filter(IS_SENT).exists():
        waits.update(claimed_until=None)
        return False
    # Of a file that never wholly arrived: the sweep removes the bytes.
    UploadedPiece.objects.filter(upload=upload).delete()
    done = waits.update(state=Upload.State.DONE, finished_at=Now(), claimed_until=None)
    if upload.sent_to_id is not None:
        poke("sharing.hand_on_sent")
    refused = upload.files.filter(is_aside=False).exclude(refused_because="").count()
    if done and refused:
        detail = {"upload": str(upload.uuid), "files": refused}
        on = on_worklist(upload.worklist, **detail)
        record(Action.UPLOAD_REFUSED, by=upload.actor, on=on, outcome="refused")
    return bool(done)
