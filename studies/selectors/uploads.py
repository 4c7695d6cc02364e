"""What became of an upload, for the person who made it."""

from uuid import UUID

from django.db.models import QuerySet

from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from studies.models import Placement, Upload, UploadedFile
from studies.selectors.visibility import placements_visible_to


def upload_of(by: Actor, uuid: UUID) -> Upload | None:
    """A person's own upload; others' are as if they did not exist."""
    return (
        Upload.objects.filter(by=by.person, uuid=uuid)
        .select_related("worklist__account", "worklist__owner")
        .first()
    )


def refused_in(upload: Upload) -> QuerySet[UploadedFile]:
    """The files that were not taken in, with their sentences."""
    return upload.files.filter(is_aside=False).exclude(refused_because="").order_by("id")


def arrived_with(by: Actor, upload: Upload) -> QuerySet[Placement]:
    """The studies that came with the upload or got images by it, by its audit events."""
    events = AuditEvent.objects.filter(
        by_id=upload.by_id,
        worklist_id=upload.worklist_id,
        action__in=(Action.STUDY_ARRIVE, Action.STUDY_ADD_IMAGES),
        at__gte=upload.created_at,
    )
    if upload.finished_at is not None:
        events = events.filter(at__lte=upload.finished_at)
    seen = placements_visible_to(by).filter(worklist=upload.worklist, study__in=events.values("study_id"))
    return seen.select_related("study").order_by("name_key", "id")
