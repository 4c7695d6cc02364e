"""Uploads that arrive in parts: begun, continued after a break without what has arrived, and ended by the sender."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.queue import poke
from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere
from studies import selectors
from studies.events import on_upload
from studies.models import Upload, UploadedFile, UploadedPiece
from studies.services.upload_addresses import check_continued, count_sent, destination_of
from studies.services.uploads import check_amount, kept_files
from worklists.events import on_worklist
from worklists.models import Worklist

# For how long the rest of an interrupted upload may be sent.
STAYS_OPEN = timedelta(hours=24)
UNLIKE_ITS_LIST = gettext_noop("The files do not match their list. Reload the page and choose them again.")
RECEIVED_ALREADY = gettext_noop("These files are being received already. Wait a moment and try again.")
MARK = re.compile(r"[0-9a-f]{64}")


@transaction.atomic
def begin_upload(*, worklist: Worklist, by: Actor, n_files: int, size: int = 0, code: str = "") -> Upload:
    """An upload whose files will arrive in parts. `code`: as for `destination_of`."""
    destination = destination_of(worklist=worklist, by=by, code=code)
    check_amount(n_files, size)
    upload = Upload.objects.create(
        worklist=destination.home,
        sent_to=destination.sent_to,
        by=by.person,
        ip_address=by.ip_address,
        n_announced=n_files,
        open_until=Now() + STAYS_OPEN,
    )
    record(Action.STUDY_UPLOAD, by=by, on=on_upload(upload, files=n_files))
    return upload


def receive_part(
    *,
    upload: UUID,
    by: Actor,
    files: "Sequence[File[bytes]]",
    marks: Sequence[str],
    names: Sequence[str] = (),
) -> int:
    """Keep some files of the person's own open upload; how many of them are new.

    A file whose mark has arrived is not kept again, so that a part may be sent twice.
    """
    sent = _open_upload(upload, by)
    check_continued(upload=sent, by=by)
    if len(marks) != len(files) or len(set(marks)) != len(marks) or not all(map(MARK.fullmatch, marks)):
        raise ValidationError(_(UNLIKE_ITS_LIST))
    padded = [*names, *("" for _file in files)]
    arrived = selectors.marks_in(sent)
    new = [part for part in zip(files, padded, marks, strict=False) if part[2] not in arrived]
    if not new:
        return 0
    count_sent(sent_to=sent.sent_to, by=by, size=sum(file.size or 0 for file, *_more in new))
    with kept_files([file for file, _name, _mark in new], [name for _file, name, _mark in new]) as kept:
        _add_files(
            sent, by, kept, [mark for *_part, mark in new], sum(file.size or 0 for file, *_more in new)
        )
    return len(new)


@transaction.atomic
def _add_files(
    sent: Upload, by: Actor, kept: Sequence[tuple[str, str]], marks: Sequence[str], size: int
) -> None:
    # The files may have taken a while: everything is asked once more, now that nobody else can add to the upload.
    locked = _open_upload(sent.uuid, by, lock=True)
    check_continued(upload=locked, by=by)
    check_amount(locked.n_files + len(kept), locked.n_bytes + size)
    if selectors.marks_in(locked).intersection(marks):
        raise ValidationError(_(RECEIVED_ALREADY))
    UploadedFile.objects.bulk_create(
        UploadedFile(upload=locked, name=name, key=key, mark=mark)
        for (name, key), mark in zip(kept, marks, strict=True)
    )
    Upload.objects.filter(pk=locked.pk).update(
        n_files=F("n_files") + len(kept), n_bytes=F("n_bytes") + size, open_until=Now() + STAYS_OPEN
    )
    detail = {"upload": str(locked.uuid), "files": len(kept)}
    record(Action.UPLOAD_FILES, by=by, on=on_worklist(locked.worklist, **detail))
    poke("studies.ingest_waiting")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Where a piece of a large file begins, and how large the whole file is."""

    mark: str
    start: int
    whole: int


def receive_piece(*, upload: UUID, by: Actor, file: "File[bytes]", piece: Piece, name: str = "") -> int:
    """Keep a piece of a file of the person's own open upload; how many bytes of the file are there now.

    Pieces arrive in their order. A piece that is there is not kept again, so that it may be sent twice.
    """
    sent = _open_upload(upload, by)
    check_continued(upload=sent, by=by)
    size = file.size or 0
    if not MARK.fullmatch(piece.mark) or not 0 < size <= piece.whole - piece.start:
        raise ValidationError(_(UNLIKE_ITS_LIST))
    check_amount(1, piece.whole)
    if piece.mark in selectors.marks_in(sent):
        return piece.whole
    arrived = selectors.begun_in(sent).get(piece.mark, 0)
    if arrived != piece.start:
        return arrived
    count_sent(sent_to=sent.sent_to, by=by, size=size)
    with kept_files([file], [name]) as [(shown, key)]:
        _add_piece(
            sent, by, piece, UploadedPiece(mark=piece.mark, start=piece.start, size=size, key=key), shown
        )
    return piece.start + size


@transaction.atomic
def _add_piece(sent: Upload, by: Actor, piece: Piece, row: UploadedPiece, name: str) -> None:
    locked = _open_upload(sent.uuid, by, lock=True)
    check_continued(upload=locked, by=by)
    if selectors.begun_in(locked).get(piece.mark, 0) != piece.start or piece.mark in selectors.marks_in(
        locked
    ):
        raise ValidationError(_(RECEIVED_ALREADY))
    row.upload = locked
    row.save()
    end = piece.start + row.size
    check_amount(locked.n_files + 1, locked.n_bytes + row.size)
    is_whole = end == piece.whole
    Upload.objects.filter(pk=locked.pk).update(
        n_files=F("n_files") + int(is_whole), n_bytes=F("n_bytes") + row.size, open_until=Now() + STAYS_OPEN
    )
    if is_whole:
        UploadedFile.objects.create(upload=locked, name=name, mark=piece.mark)
        detail = {"upload": str(locked.uuid), "files": 1}
        record(Action.UPLOAD_FILES, by=by, on=on_worklist(locked.worklist, **detail))
        poke("studies.ingest_waiting")


@transaction.atomic
def end_upload(*, upload: UUID, by: Actor) -> Upload:
    """Nothing more is sent: all has arrived, or the person stops. What has arrived stays."""
    sent = selectors.upload_of(by, upload, lock=True)
    if sent is None:
        raise NothingThere
    if sent.open_until is not None and sent.state == Upload.State.WAITING:
        Upload.objects.filter(pk=sent.pk).update(open_until=None)
        detail = {"upload": str(sent.uuid), "files": sent.n_files}
        record(Action.UPLOAD_END, by=by, on=on_worklist(sent.worklist, **detail))
        poke("studies.ingest_waiting")
    return sent


def _open_upload(uuid: UUID, by: Actor, *, lock: bool = False) -> Upload:
    sent = selectors.upload_of(by, uuid, lock=lock)
    if sent is None:
        raise NothingThere
    if not selectors.is_open(sent):
        raise ValidationError(_("This upload has ended. Choose the files again to send the rest."))
    return sent
