"""Studies, or some series of one, as a ZIP that is written while it is sent; memory does not grow with the studies.

The right is asked before the first byte and again for each file, at the one door to bytes: when a share ends, the
download breaks off at the next file. It is in each study's audit trail before its first byte, and when it ends. Its
size is known beforehand and its bytes are the same each time, so that it can go on where it broke off (ADR 0032).
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from audit.services import event, record_all
from common.exceptions import NothingThere, Refused
from common.nouns import counted
from studies import selectors
from studies.events import on_placement, on_placements
from studies.models import Placement, Series
from studies.services.download_layout import Download, DownloadedStudy, Form, Layout, Pages
from studies.services.instances import MAY_NOT_DEIDENTIFY, MAY_NOT_DOWNLOAD, NOT_ALL_THERE
from studies.services.openings import record_openings

log = logging.getLogger(__name__)


@transaction.atomic
def check_download(
    *,
    placements: Sequence[UUID],
    by: Actor,
    session: str,
    series: Collection[UUID] = (),
    form: Form | None = None,
) -> Download:
    """Of studies that the actor may download; of their series all, or those named. Studies without files are left out.

    `session` names the visit, as for `open_instance`. Nothing is sent or recorded yet.
    """
    form = form or Form()
    seen = _seen(placements, by)
    needed, sentence = (
        ("download_study", MAY_NOT_DOWNLOAD)
        if form.deidentified is None
        else ("download_deidentified", MAY_NOT_DEIDENTIFY)
    )
    for placement in seen:
        if not {"open_study", needed} <= by.rights(placement.worklist):
            raise _refused(sentence, placement)
    files = selectors.files_of([placement.study for placement in seen], series)
    if not files:
        raise NothingThere
    studies = [
        DownloadedStudy(placement, files[placement.study_id])
        for placement in seen
        if placement.study_id in files
    ]
    return Download(studies, by, session, form)


@dataclass(frozen=True)
class Offered:
    """In which forms some studies can be downloaded, and the series where it is a single study."""

    placements: list[Placement]
    series: list[Series]
    as_received: bool
    deidentified: bool
    # How many objects are no images, and how many pictures may have the patient's name in them.
    others: int
    with_text: int


@transaction.atomic
def offer_download(*, placements: Sequence[UUID], by: Actor) -> Offered:
    """Read before something is chosen; it names patients."""
    seen = _seen(placements, by)
    rights = frozenset.intersection(*(by.rights(each.worklist) for each in seen))
    forms = {"download_study", "download_deidentified"} & rights
    if "open_study" not in rights or not forms:
        raise _refused(MAY_NOT_DOWNLOAD, seen[0])
    worklists: dict[int, list[Placement]] = {}
    for placement in seen:
        worklists.setdefault(placement.worklist_id, []).append(placement)
    record_all(
        event(
            Action.DIALOG_READ,
            by=by,
            on=on_placements(there, at=selectors.seen_at(there[0]), dialog="download"),
        )
        for there in worklists.values()
    )
    studies = [placement.study for placement in seen]
    others, with_text = (
        selectors.left_out_of_deidentified(studies) if "download_deidentified" in forms else (0, 0)
    )
    series = [each.series for each in selectors.series_of(studies[0])] if len(studies) == 1 else []
    return Offered(
        seen, series, "download_study" in forms, "download_deidentified" in forms, others, with_text
    )


def _refused(sentence: str, placement: Placement) -> Refused:
    return Refused(_(sentence), on=on_placement(placement, at=selectors.seen_at(placement)))


def _seen(placements: Sequence[UUID], by: Actor) -> list[Placement]:
    """The placements, as their reader sees them: all of them, and no more than may be downloaded together."""
    if len(placements) > settings.CIMAR_DOWNLOAD_STUDIES:
        raise Refused(_too_many(len(placements)))
    seen = selectors.placements_for(by, placements)
    if not seen:
        raise NothingThere
    if len(seen) < len(set(placements)):
        raise Refused(_(NOT_ALL_THERE))
    return seen


@transaction.atomic
def begin_download(*, download: Download, at: int = 0) -> None:
    """Recorded before a byte is sent. A download that broke off goes on `at` a byte behind the first."""
    more: dict[str, Any] = {"from_byte": at} if at else {}
    record_openings(
        [
            (study.placement, _event_of(Action.STUDY_DOWNLOAD, download, study, len(study.files), **more))
            for study in download.studies
        ]
    )


def lay_out(*, download: Download, readme: str, pages: Pages | None = None) -> Layout:
    """Reads the heads of all files, one at a time. Raises NothingThere where the storage has lost one of them."""
    try:
        return Layout(download, readme, pages)
    except FileNotFoundError:
        log.error("a stored file of a download is not in the storage")
        raise NothingThere from None


def send_download(*, download: Download, layout: Layout, span: range | None = None) -> Iterator[bytes]:
    """The pieces of the ZIP, or of a span of its bytes. Broken off before its end, it is recorded as a part."""
    span = range(layout.size) if span is None else span
    try:
        yield from layout.sent(span)
    finally:
        end_download(download, at=span.start)


def _too_many(number: int) -> str:
    return _("At most %(most)s can be downloaded at once; %(number)s selected.") % {
        "most": counted(settings.CIMAR_DOWNLOAD_STUDIES, "study"),
        "number": counted(number, "study is"),
    }


@transaction.atomic
def end_download(download: Download, *, at: int = 0) -> None:
    """The placements may be gone by now: the events say what was sent, as they were when the download began."""
    more: dict[str, Any] = {"from_byte": at} if at else {}
    record_all(
        _event_of(
            Action.STUDY_DOWNLOAD_END,
            download,
            study,
            study.sent,
            outcome="success" if study.is_whole else "failed",
            **more,
        )
        for study in download.studies
        if not study.skipped or study.skipped < len(study.files)
    )


def _event_of(
    action: Action,
    download: Download,
    study: DownloadedStudy,
    instances: int,
    *,
    outcome: str = "success",
    **more: object,
) -> AuditEvent:
    at = selectors.seen_at(study.placement)
    detail = {"instances": instances, **download.form.detail, **more}
    on = on_placement(study.placement, at=at, detail=detail)
    return event(action, by=download.by, on=on, outcome=outcome)
