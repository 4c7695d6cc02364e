"""Studies, or some series of one, as a ZIP that is written while it is sent; memory does not grow with the studies.

The right is asked before the first byte and again for each file, at the one door to bytes: when a share ends, the
download breaks off at the next file. It is in each study's audit trail before its first byte, and when it ends.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import storages
from django.db import transaction
from django.utils.translation import gettext as _
from zipstream import ZipStream

from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from audit.services import event, record_all
from common.exceptions import NothingThere, Refused
from common.nouns import counted
from studies import selectors
from studies.corrected import Change, corrected_head
from studies.disc import disc_of
from studies.events import on_placement
from studies.models import Instance, Placement
from studies.sent_file import sent_pieces
from studies.services.instances import MAY_NOT_DOWNLOAD, Part, open_instance


@dataclass
class DownloadedStudy:
    """The files of a study that are sent; `sent` counts those that were sent whole."""

    placement: Placement
    files: list[Instance] = field(repr=False)
    sent: int = 0


@dataclass
class Download:
    """What is sent to whom."""

    studies: list[DownloadedStudy]
    by: Actor
    session: str

    @property
    def files(self) -> list[Instance]:
        return [file for study in self.studies for file in study.files]


@transaction.atomic
def begin_download(
    *, placements: Sequence[UUID], by: Actor, session: str, series: Collection[UUID] = ()
) -> Download:
    """Of studies that the actor may download; of their series all, or those named. Studies without files are left out.

    `session` names the visit, as for `open_instance`.
    """
    if len(placements) > settings.CIMAR_DOWNLOAD_STUDIES:
        raise Refused(_too_many(len(placements)))
    seen = selectors.placements_for(by, placements)
    if not seen:
        raise NothingThere
    if len(seen) < len(placements):
        raise Refused(
            _("Some of the selected studies are no longer on this worklist. Go back and select again.")
        )
    for placement in seen:
        if not {"open_study", "download_study"} <= by.rights(placement.worklist):
            raise Refused(_(MAY_NOT_DOWNLOAD), on=on_placement(placement, at=selectors.seen_at(placement)))
    files = selectors.files_of([placement.study for placement in seen], series)
    if not files:
        raise NothingThere
    studies = [
        DownloadedStudy(placement, files[placement.study_id])
        for placement in seen
        if placement.study_id in files
    ]
    record_all(_event(Action.STUDY_DOWNLOAD, by, study, len(study.files)) for study in studies)
    return Download(studies, by, session)


def send_download(*, download: Download, readme: str) -> Iterator[bytes]:
    """The pieces of the ZIP. Closed or broken off before its end, it is recorded as a part."""
    try:
        yield from _zip(download, readme)
    finally:
        _end(download)


def _too_many(number: int) -> str:
    return _("At most %(most)s can be downloaded at once; %(number)s selected.") % {
        "most": counted(settings.CIMAR_DOWNLOAD_STUDIES, "study"),
        "number": counted(number, "study is"),
    }


def _zip(download: Download, readme: str) -> Iterator[bytes]:
    corrected = [each.placement.study for each in download.studies if each.placement.study.n_corrections]
    changes = selectors.changes_of(corrected) if corrected else {}
    disc = disc_of(
        (file.pk, file.sop_instance_uid, partial(_open, file, changes.get(file.study_id, [])))
        for file in download.files
    )
    packed = ZipStream()
    packed.add(readme.replace("\n", "\r\n"), "README.TXT")
    if disc.directory:
        packed.add(disc.directory, "DICOMDIR")
    for study in download.studies:
        for file in study.files:
            packed.add(_pieces(download, study, file), disc.names[file.pk])
    yield from packed


def _pieces(download: Download, study: DownloadedStudy, instance: Instance) -> Iterator[bytes]:
    """The bytes as received, or as corrected. Begun when the file's turn comes, so that the right is asked then."""
    stored = open_instance(
        placement=study.placement.uuid,
        instance=instance.uuid,
        by=download.by,
        part=Part.ORIGINAL,
        session=download.session,
    )
    yield from sent_pieces(stored.key, stored.changes)
    study.sent += 1


def _open(instance: Instance, changes: Sequence[Change]) -> Any:
    """The file, or as much of it as a DICOMDIR is made from."""
    stored = storages["dicom"].open(instance.blob.key)
    if not changes:
        return stored
    with stored as file:
        return corrected_head(file, changes)


@transaction.atomic
def _end(download: Download) -> None:
    """The placements may be gone by now: the events say what was sent, as they were when the download began."""
    record_all(
        _event(
            Action.STUDY_DOWNLOAD_END,
            download.by,
            study,
            study.sent,
            outcome="success" if study.sent == len(study.files) else "failed",
        )
        for study in download.studies
    )


def _event(
    action: Action, by: Actor, study: DownloadedStudy, instances: int, outcome: str = "success"
) -> AuditEvent:
    at = selectors.seen_at(study.placement)
    on = on_placement(study.placement, at=at, detail={"instances": instances})
    return event(action, by=by, on=on, outcome=outcome)
