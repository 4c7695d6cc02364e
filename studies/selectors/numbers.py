"""The numbers of uploads and previews for monitoring."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min
from django.db.models.functions import Now

from studies.models import Blob, ReceiverSeen, Upload
from studies.selectors.uploads import IS_SENT

# For so long a receiver that was stopped is missed; then the site counts as one without a receiver.
EXPECTED = timedelta(days=7)
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


def receiver_seen_at() -> datetime | None:
    """When a DIMSE receiver last said that it runs; none where the site has no receiver."""
    recent = ReceiverSeen.objects.filter(at__gt=Now() - EXPECTED)
    return recent.values_list("at", flat=True).first()
