"""The numbers of uploads and previews for monitoring."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from studies.models import Blob, Upload
from studies.selectors.uploads import IS_SENT

MANY = 100_000  # more exact numbers serve no purpose


@dataclass(frozen=True)
class IngestNumbers:
    """What still waits for a worker; `uploads_since` is when the upload that waits longest was made.

    An upload of which more may arrive waits for its sender, not for a worker.
    """

    uploads_waiting: int
    uploads_since: datetime | None
    previews_waiting: int


def ingest_numbers() -> IngestNumbers:
    waiting = Upload.objects.filter(IS_SENT, state=Upload.State.WAITING)
    return IngestNumbers(
        uploads_waiting=waiting[:MANY].count(),
        uploads_since=waiting.aggregate(since=Min("created_at"))["since"],
        previews_waiting=Blob.objects.filter(preview=Blob.Preview.WAITING)[:MANY].count(),
    )
