"""The one door to what is stored of an instance: its bytes as received, its frames and its thumbnail.

Rights, boundary and audit are handled here alike for pages, DICOMweb, the viewer, guests and downloads.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actions import Action
from audit.actor import Actor
from audit.services import event
from common.exceptions import NothingThere, Refused
from studies import selectors
from studies.corrected import Change
from studies.events import on_placement
from studies.models import Blob
from studies.selectors.images import InstanceSeen, Visit
from studies.services.openings import record_openings
from studies.services.reads import MAY_NOT_OPEN

MAY_NOT_DOWNLOAD = gettext_noop("Your role on this worklist does not let you download studies.")
MAY_NOT_DEIDENTIFY = gettext_noop(
    "Your role on this worklist does not let you download de-identified studies."
)

NOT_ALL_THERE = gettext_noop(
    "Some of the selected studies are no longer on this worklist. Go back and select again."
)


class Part(StrEnum):
    """What of an instance is wanted."""

    ORIGINAL = "original"
    FRAME = "frame"
    THUMBNAIL = "thumbnail"
    # The stored file, out of which the server sends a document or a video that is shown as images are.
    WITHIN = "within"
    # The original, for a caller who sends it without what identifies the patient.
    DEIDENTIFIED = "deidentified"


# What the viewer shows; the rest leaves the site.
VIEWED = (Part.FRAME, Part.THUMBNAIL, Part.WITHIN)


@dataclass(frozen=True)
class StoredFile:
    """A file of the `dicom` storage. The ETag does not reveal the hash of the original."""

    key: str
    media_type: str
    size: int | None = None
    # What its home corrected: such a file is sent by `studies.sent_file`, never as it is stored.
    changes: Sequence[Change] = ()

    @property
    def etag(self) -> str:
        state = f"{self.key} {len(self.changes)}" if self.changes else self.key
        return f'"{hashlib.sha256(state.encode()).hexdigest()[:32]}"'


def open_instance(
    *,
    placement: UUID,
    instance: UUID,
    by: Actor,
    part: Part,
    frame: int = 1,
    session: str = "",
) -> StoredFile:
    """The stored file of an instance that the actor may open there; bytes are the caller's to send.

    Frames (from 1) and thumbnails need `open_study`; the original needs `download_study` as well, or for a caller who
    de-identifies it `download_deidentified`. `session` names the visit of a user or a guest; a token's visit is its
    day. That images were served is recorded once for an actor, placement and visit, and is committed before a byte is
    sent. What waits for the actor's approval is shown to them, and does not leave the site.

    Raises Refused where the study is seen and may not be opened, and NothingThere where it is not seen, has no such
    part, or the part is not prepared yet.
    """
    visit = Visit.of(by, session)
    seen = selectors.instance_seen_by(
        by, placement=placement, instance=instance, visit=visit, in_viewer=part in VIEWED
    )
    if seen is None:
        raise NothingThere
    if not seen.may_open:
        raise refusal(by, placement, _(MAY_NOT_OPEN))
    if part is Part.ORIGINAL and not seen.may_download:
        raise refusal(by, placement, _(MAY_NOT_DOWNLOAD))
    if part is Part.DEIDENTIFIED and not _may_deidentify(by, placement):
        raise refusal(by, placement, _(MAY_NOT_DEIDENTIFY))
    file = _stored(seen, part, frame)
    if not seen.is_noted:
        note_images_served(placement, by, seen.visit_hash)
    return file


def _stored(seen: InstanceSeen, part: Part, frame: int) -> StoredFile:
    blob = seen.blob
    if part is Part.WITHIN:
        return StoredFile(blob.key, "application/octet-stream", blob.size)
    if part in (Part.ORIGINAL, Part.DEIDENTIFIED):
        changes = selectors.changes_in([seen.study_id] if seen.is_corrected else [])
        return StoredFile(blob.key, "application/dicom", blob.size, changes.get(seen.study_id, ()))
    if blob.preview != Blob.Preview.READY or not 1 <= frame <= seen.frames:
        raise NothingThere
    return StoredFile(blob.preview_key(frame, thumbnail=part is Part.THUMBNAIL), "image/png")


def _may_deidentify(by: Actor, placement: UUID) -> bool:
    """A query of its own, so that the query for frames, which viewers send by the hundred, does not grow."""
    seen = selectors.placement_for(by, placement)
    return seen is not None and by.may("download_deidentified", seen.worklist)


def refusal(by: Actor, placement: UUID, sentence: str) -> Refused:
    seen = selectors.placement_for(by, placement)
    if seen is None:
        return Refused(sentence)
    return Refused(sentence, on=on_placement(seen, at=selectors.seen_at(seen)))


@transaction.atomic
def note_images_served(placement: UUID, by: Actor, visit_hash: str) -> None:
    """Of two first requests the earlier writes, the other reads that. The study may be deleted meanwhile."""
    seen = selectors.placement_to_view(by, placement)
    if seen is None:
        raise NothingThere
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO studies_imagesserved (user_id, placement_uuid, session_hash) VALUES (%s, %s, %s) "
            "ON CONFLICT DO NOTHING RETURNING id",
            [by.user_id, placement, visit_hash],
        )
        is_first = cursor.fetchone() is not None
    if is_first:
        on = on_placement(seen, at=selectors.seen_at(seen))
        record_openings([(seen, event(Action.IMAGES_SERVED, by=by, on=on))])
