"""Instances that a machine pushes by DIMSE, one at a time, and which of them it may count on."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.files.storage import storages
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from audit.actor import Actor
from studies.ingest.headers import read_header
from studies.ingest.limits import limits
from studies.ingest.refusals import UNEXPECTED, FileRefused
from studies.ingest.results import FileOutcome, FileResult
from studies.ingest.sources import from_path
from studies.models import Instance, ReceiverSeen
from studies.services.ingest import check_upload, take_in_all
from worklists.models import Worklist

log = logging.getLogger(__name__)

OTHER_INSTANCE = gettext_noop("It is another instance than it was announced as.")
# An instance is shown to no one by its name: it arrived without one.
NAMELESS = gettext_noop("a received instance")


@dataclass(frozen=True)
class Reference:
    """An instance as a machine names it."""

    sop_class: str
    instance: str


@dataclass(frozen=True)
class Committed:
    """Which instances are stored for good, which are not there, and which are there as another kind of object."""

    stored: Sequence[Reference]
    missing: Sequence[Reference]
    of_other_class: Sequence[Reference]


def store_received(*, worklist: Worklist, path: Path, announced: Reference, by: Actor) -> FileResult:
    """Take in the instance in this file, on disk and committed when this returns; the right is asked each time.

    The command before the data set says which instance it is; a data set that says otherwise is refused.
    """
    check_upload(worklist=worklist, by=by)
    source = from_path(path, name=NAMELESS)
    try:
        with path.open("rb") as file:
            header = read_header(file, size=path.stat().st_size, limits=limits())
    except FileRefused as refused:
        return _refused(refused.sentence)
    except OSError:
        raise
    except Exception as error:
        # A hostile data set failed in an unforeseen way, as for files that are uploaded.
        log.warning("a file could not be read: %s", type(error).__name__)
        return _refused(UNEXPECTED)
    if announced != Reference(header.instance["sop_class_uid"], header.sop_instance_uid):
        return _refused(OTHER_INSTANCE)
    (result,) = take_in_all(worklist=worklist, by=by, sources=[source], one_by_one=True).files
    return result


def _refused(sentence: str) -> FileResult:
    return FileResult(name=NAMELESS, outcome=FileOutcome.REFUSED, sentence=sentence)


def committed_instances(*, worklist: Worklist, references: Sequence[Reference], by: Actor) -> Committed:
    """What is at home on the worklist, with its bytes in the storage: asked of the storage, not of the rows alone."""
    check_upload(worklist=worklist, by=by)
    at_home = Instance.objects.filter(study__home=worklist, study__deleted_at=None)
    held: dict[str, list[Instance]] = {}
    wanted = {reference.instance for reference in references}
    for row in at_home.filter(sop_instance_uid__in=wanted).select_related("blob"):
        held.setdefault(row.sop_instance_uid, []).append(row)
    stored: list[Reference] = []
    missing: list[Reference] = []
    of_other_class: list[Reference] = []
    for reference in references:
        rows = held.get(reference.instance, [])
        same = [row for row in rows if row.sop_class_uid == reference.sop_class]
        if not any(storages["dicom"].exists(row.blob.key) for row in same or rows):
            missing.append(reference)
        else:
            (stored if same else of_other_class).append(reference)
    return Committed(stored, missing, of_other_class)


def note_receiver() -> None:
    """A receiver listens now, and reaches the database."""
    ReceiverSeen.objects.update_or_create(pk=1, defaults={"at": Now()})
