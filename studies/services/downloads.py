"""A study, or some of its series, as a ZIP that is written while it is sent; memory does not grow with the study.

The right is asked before the first byte and again for each file, at the one door to bytes: when a share ends, the
download breaks off at the next file. It is in the audit trail before its first byte, and when it ends.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.core.files.storage import storages
from django.db import transaction
from django.utils.translation import gettext as _
from zipstream import ZipStream

from audit.actions import Action
from audit.actor import Actor
from audit.services import record
from common.exceptions import NothingThere, Refused
from studies import selectors
from studies.corrected import Change, corrected_head
from studies.disc import disc_of
from studies.events import on_placement
from studies.models import Instance, Placement
from studies.sent_file import sent_pieces
from studies.services.instances import MAY_NOT_DOWNLOAD, Part, open_instance


@dataclass
class Download:
    """What is sent to whom; `sent` counts the files that were sent whole."""

    placement: Placement
    by: Actor
    session: str
    files: list[Instance] = field(repr=False)
    sent: int = 0


@transaction.atomic
def begin_download(*, placement: UUID, by: Actor, session: str, series: Collection[UUID] = ()) -> Download:
    """Of all series, or of those named; `session` names the visit, as for `open_instance`."""
    seen = selectors.placement_for(by, placement)
    if seen is None:
        raise NothingThere
    at = selectors.seen_at(seen)
    if not {"open_study", "download_study"} <= by.rights(seen.worklist):
        raise Refused(_(MAY_NOT_DOWNLOAD), on=on_placement(seen, at=at))
    files = selectors.files_of(seen.study, series)
    if not files:
        raise NothingThere
    record(Action.STUDY_DOWNLOAD, by=by, on=on_placement(seen, at=at, detail={"instances": len(files)}))
    return Download(seen, by, session, files)


def send_download(*, download: Download, readme: str) -> Iterator[bytes]:
    """The pieces of the ZIP. Closed or broken off before its end, it is recorded as a part."""
    whole = False
    try:
        yield from _zip(download, readme)
        whole = True
    finally:
        _end(download, whole=whole)


def _zip(download: Download, readme: str) -> Iterator[bytes]:
    study = download.placement.study
    changes = selectors.changes_of([study])[study.pk] if study.n_corrections else []
    disc = disc_of((each.sop_instance_uid, partial(_open, each, changes)) for each in download.files)
    packed = ZipStream()
    packed.add(readme.replace("\n", "\r\n"), "README.TXT")
    if disc.directory:
        packed.add(disc.directory, "DICOMDIR")
    for each in download.files:
        packed.add(_pieces(download, each), disc.names[each.sop_instance_uid])
    yield from packed


def _pieces(download: Download, instance: Instance) -> Iterator[bytes]:
    """The bytes as received, or as corrected. Begun when the file's turn comes, so that the right is asked then."""
    stored = open_instance(
        placement=download.placement.uuid,
        instance=instance.uuid,
        by=download.by,
        part=Part.ORIGINAL,
        session=download.session,
    )
    yield from sent_pieces(stored.key, stored.changes)
    download.sent += 1


def _open(instance: Instance, changes: Sequence[Change]) -> Any:
    """The file, or as much of it as a DICOMDIR is made from."""
    stored = storages["dicom"].open(instance.blob.key)
    if not changes:
        return stored
    with stored as file:
        return corrected_head(file, changes)


@transaction.atomic
def _end(download: Download, *, whole: bool) -> None:
    """The placement may be gone by now: the event says what was sent, as it was when the download began."""
    at = selectors.seen_at(download.placement)
    on = on_placement(download.placement, at=at, detail={"instances": download.sent})
    record(Action.STUDY_DOWNLOAD_END, by=download.by, on=on, outcome="success" if whole else "failed")
