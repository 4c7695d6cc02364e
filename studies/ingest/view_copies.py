"""That the view copy of a series has to be made, or made again: written where its images change."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import connection

AFTER_ARRIVAL, FIRST_OPENING, NEVER = "after_arrival", "first_opening", "never"
# Files of a series arrive one after the other, often in several batches: it is packed once they are all there.
SETTLED_SECONDS = 15

_ASK = """
INSERT INTO studies_viewcopy (series_id, due_at)
SELECT id, statement_timestamp() + make_interval(secs => %s) FROM unnest(%s::bigint[]) AS id ORDER BY id
ON CONFLICT (series_id) DO UPDATE
SET state = 'waiting', version = studies_viewcopy.version + 1, due_at = excluded.due_at
"""
_OUTDATE = """
UPDATE studies_viewcopy SET state = 'waiting', version = version + 1, due_at = NULL
WHERE id IN (SELECT id FROM studies_viewcopy WHERE series_id = ANY(%s) ORDER BY series_id FOR NO KEY UPDATE)
"""
_OPENED = """
INSERT INTO studies_viewcopy (series_id, due_at)
SELECT id, statement_timestamp() FROM unnest(%s::bigint[]) AS id ORDER BY id
ON CONFLICT (series_id) DO UPDATE SET due_at = excluded.due_at
WHERE studies_viewcopy.state = 'waiting' AND studies_viewcopy.due_at IS NULL
"""


def images_arrived(series_ids: Collection[int]) -> tuple[str, list[Any]]:
    """Of these series, as a part (`WITH`) of a statement in the transaction that adds their images, with its values."""
    ids = sorted(series_ids)
    if settings.CIMAR_VIEW_COPIES == AFTER_ARRIVAL:
        return _ASK, [SETTLED_SECONDS, ids]
    return _OUTDATE, [ids]


def series_opened(series_ids: Collection[int]) -> None:
    """Asks for the view copies of these series at once, because a person opened them."""
    with connection.cursor() as cursor:
        cursor.execute(_OPENED, [sorted(series_ids)])
