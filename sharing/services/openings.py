"""Who shared a study is notified of its first opening: a worker reads what the readers' transactions left for it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db import connection, transaction

from sharing.models import Share
from sharing.selectors.deliveries import OPENINGS
from sharing.selectors.left_shares import keepers_of
from sharing.services import notices
from studies.models import Opening
from worklists.models import NoticeEvent

SWEEP = 1000


@transaction.atomic
def tell_openings() -> int:
    """Notify the sharers of the studies that were opened for the first time since the last call; how many openings.

    However often this is called, and by how many workers: a person is notified once of a press to a worklist. What
    counts as the first opening of a share is what `sharing.delivery` says. At most a thousand a call, the oldest first.
    """
    waiting = Opening.objects.order_by("pk").select_for_update(skip_locked=True)
    events = list(waiting.values_list("pk", flat=True)[:SWEEP])
    if not events:
        return 0
    Opening.objects.filter(pk__in=events).delete()
    with connection.cursor() as cursor:
        cursor.execute(_FIRST, {"events": events, "openings": OPENINGS})
        opened_by: dict[int, int] = dict(cursor.fetchall())
    shares = Share.objects.filter(pk__in=opened_by).select_related("shared_by", "from_worklist")
    _tell(shares.order_by("pk"), opened_by)
    return len(events)


def _tell(shares: Iterable[Share], opened_by: Mapping[int, int]) -> None:
    """Of a press to a worklist each person once, about the first share that someone else opened."""
    kept = keepers_of(opened_by)
    about: dict[tuple[UUID, int | None, int], Share] = {}
    for share in shares:
        for person in {share.shared_by_id, kept.get(share.pk, share.shared_by_id)} - {opened_by[share.pk]}:
            about.setdefault((share.press, share.to_worklist_id, person), share)
    for (press, worklist, person), share in about.items():
        notices.tell(
            event=NoticeEvent.OPENED,
            key=f"{press}:{worklist}",
            worklists=[share.from_worklist_id],
            share=share,
            only=[person],
        )


# The shares of which these events are the first opening, and who opened. The bounds are those of `sharing.delivery`.
_FIRST = """
SELECT DISTINCT ON (s.id) s.id, a.by_id
FROM audit_auditevent a
JOIN sharing_share s ON s.to_worklist_id = a.worklist_id AND s.study_id = a.study_id
WHERE a.id = ANY(%(events)s) AND a.outcome = 'success' AND s.approved_at IS NOT NULL AND a.by_id <> s.shared_by_id
  AND a.at >= GREATEST(s.shared_at, s.approved_at) AND a.at <= COALESCE(LEAST(s.ended_at, s.expires_at), 'infinity')
  AND NOT EXISTS (
    SELECT FROM audit_auditevent b
    WHERE b.worklist_id = a.worklist_id AND b.study_id = a.study_id AND b.action = ANY(%(openings)s)
      AND b.outcome = 'success' AND b.by_id <> s.shared_by_id
      AND b.at >= GREATEST(s.shared_at, s.approved_at) AND (b.at, b.id) < (a.at, a.id)
  )
ORDER BY s.id, a.at, a.id
"""
