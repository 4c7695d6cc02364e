"""Proves in SQL, without the law's Python, that every placement is where shares reach and lasts as long as they do."""

import sys
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from studies.models import FOREVER, NO_PATH

BATCH = 2000
# Working out the times walks a study once for each of its end dates; of one with more, only the sides are compared.
MOST_ENDS = 40

# Who is reached now. UNION, not UNION ALL: a place is visited once, so a circle ends. A deleted study reaches nowhere.
SIDES = """
WITH RECURSIVE edges AS MATERIALIZED (
    SELECT study_id, from_worklist_id, to_worklist_id, approved_at IS NOT NULL AS approved, method = 'email' AS email
    FROM sharing_share
    WHERE ended_at IS NULL AND to_worklist_id IS NOT NULL
      AND (expires_at IS NULL OR expires_at > statement_timestamp())
      AND study_id BETWEEN %(first)s AND %(last)s
), visible AS (
    SELECT id AS study_id, home_id AS worklist_id FROM studies_study
    WHERE deleted_at IS NULL AND id BETWEEN %(first)s AND %(last)s
    UNION
    SELECT e.study_id, e.to_worklist_id FROM visible v
    JOIN edges e ON e.study_id = v.study_id AND e.from_worklist_id = v.worklist_id AND e.approved
), internal AS (
    SELECT id AS study_id, home_id AS worklist_id FROM studies_study
    WHERE deleted_at IS NULL AND id BETWEEN %(first)s AND %(last)s
    UNION
    SELECT e.study_id, e.to_worklist_id FROM internal i
    JOIN edges e ON e.study_id = i.study_id AND e.from_worklist_id = i.worklist_id AND e.approved AND NOT e.email
), existing AS (
    SELECT * FROM visible
    UNION
    SELECT e.study_id, e.to_worklist_id FROM visible v
    JOIN edges e ON e.study_id = v.study_id AND e.from_worklist_id = v.worklist_id
), due AS (
    SELECT study_id, worklist_id, 'placed' AS side FROM existing
    UNION ALL SELECT study_id, worklist_id, 'visible' FROM visible
    UNION ALL SELECT study_id, worklist_id, 'internal' FROM internal
), stands AS (
    SELECT p.study_id, p.worklist_id, s.side FROM studies_placement p
    CROSS JOIN LATERAL (
        VALUES ('placed', p.exists_until), ('visible', p.visible_until), ('internal', p.internal_until)
    ) AS s (side, until)
    WHERE p.study_id BETWEEN %(first)s AND %(last)s AND s.until > statement_timestamp()
)
SELECT study_id, worklist_id, side, d.side IS NOT NULL
FROM due d FULL JOIN stands s USING (study_id, worklist_id, side)
WHERE d.side IS NULL OR s.side IS NULL
ORDER BY study_id, worklist_id, side
"""

# Until when: a place is had until T where it is reached over shares that end at T or later, so each study is walked
# once for each of its end dates and the latest that gets through counts.
TIMES = """
WITH RECURSIVE edges AS MATERIALIZED (
    SELECT study_id, from_worklist_id, to_worklist_id, approved_at IS NOT NULL AS approved, method = 'email' AS email,
        COALESCE(expires_at, %(forever)s) AS until
    FROM sharing_share
    WHERE ended_at IS NULL AND to_worklist_id IS NOT NULL AND study_id BETWEEN %(first)s AND %(last)s
), ends AS (
    SELECT study_id, until FROM edges
    UNION
    SELECT id, %(forever)s FROM studies_study WHERE id BETWEEN %(first)s AND %(last)s
), walked AS MATERIALIZED (
    SELECT id AS study_id, home_id AS worklist_id FROM studies_study
    WHERE deleted_at IS NULL AND id BETWEEN %(first)s AND %(last)s
      AND (SELECT count(*) FROM ends WHERE ends.study_id = studies_study.id) <= %(most_ends)s
), visible AS (
    SELECT w.study_id, w.worklist_id, ends.until FROM walked w JOIN ends USING (study_id)
    UNION
    SELECT e.study_id, e.to_worklist_id, v.until FROM visible v
    JOIN edges e ON e.study_id = v.study_id AND e.from_worklist_id = v.worklist_id
        AND e.until >= v.until AND e.approved
), internal AS (
    SELECT w.study_id, w.worklist_id, ends.until FROM walked w JOIN ends USING (study_id)
    UNION
    SELECT e.study_id, e.to_worklist_id, i.until FROM internal i
    JOIN edges e ON e.study_id = i.study_id AND e.from_worklist_id = i.worklist_id
        AND e.until >= i.until AND e.approved AND NOT e.email
), reached AS (
    SELECT study_id, worklist_id, until AS visible, NULL::timestamptz AS internal, until AS present FROM visible
    UNION ALL
    SELECT study_id, worklist_id, NULL, until, NULL FROM internal
    UNION ALL
    SELECT e.study_id, e.to_worklist_id, NULL, NULL, LEAST(v.until, e.until) FROM visible v
    JOIN edges e ON e.study_id = v.study_id AND e.from_worklist_id = v.worklist_id AND NOT e.approved
), due AS (
    SELECT study_id, worklist_id,
        COALESCE(max(visible), %(no_path)s) AS visible_until,
        COALESCE(max(internal), %(no_path)s) AS internal_until,
        max(present) AS exists_until
    FROM reached GROUP BY study_id, worklist_id
), stands AS (
    SELECT p.study_id, p.worklist_id, p.visible_until, p.internal_until, p.exists_until
    FROM studies_placement p JOIN walked w ON w.study_id = p.study_id
)
SELECT study_id, worklist_id, t.what, t.stands, t.due
FROM due d JOIN stands s USING (study_id, worklist_id)
CROSS JOIN LATERAL (VALUES
    ('visible', s.visible_until, d.visible_until),
    ('internal', s.internal_until, d.internal_until),
    ('placed', s.exists_until, d.exists_until)
) AS t (what, stands, due)
WHERE t.stands <> t.due
ORDER BY study_id, worklist_id, what
"""

# A share that has not ended was made from home, or from a worklist that such shares lead to, whatever the clock says.
FLOATING = """
WITH RECURSIVE held AS (
    SELECT id AS study_id, home_id AS worklist_id FROM studies_study
    WHERE deleted_at IS NULL AND id BETWEEN %(first)s AND %(last)s
    UNION
    SELECT e.study_id, e.to_worklist_id FROM held h
    JOIN sharing_share e ON e.study_id = h.study_id AND e.from_worklist_id = h.worklist_id
        AND e.ended_at IS NULL AND e.to_worklist_id IS NOT NULL AND e.approved_at IS NOT NULL
)
SELECT s.id, s.study_id, s.from_worklist_id FROM sharing_share s
WHERE s.ended_at IS NULL AND s.study_id BETWEEN %(first)s AND %(last)s
  AND NOT EXISTS (SELECT FROM held h WHERE h.study_id = s.study_id AND h.worklist_id = s.from_worklist_id)
ORDER BY s.id
"""


class Command(BaseCommand):
    help = "Compute from the shares where each study should be placed, and report each difference."

    def handle(self, *args: Any, **options: Any) -> None:
        number = 0
        for difference in differences():
            number += 1
            self.stdout.write(difference)
        if number:
            self.stderr.write(
                f"{number} difference{'s' if number > 1 else ''} between placements and shares."
            )
            sys.exit(1)
        self.stdout.write(
            "No differences: every placement is reached by shares, and wherever shares reach there is a placement."
        )


def differences() -> Iterator[str]:
    """Each difference as a sentence of ids. Each comparison is a single statement, and so of a single moment."""
    for first in _batches():
        batch = {
            "first": first,
            "last": first + BATCH - 1,
            "forever": FOREVER,
            "no_path": NO_PATH,
            "most_ends": MOST_ENDS,
        }
        for study, worklist, side, is_due in _rows(SIDES, batch):
            yield (
                f"Study {study} should be {side} on worklist {worklist}: shares reach it, but it is not."
                if is_due
                else f"Study {study} should not be {side} on worklist {worklist}: no path of shares leads there."
            )
        for study, worklist, what, stands, due in _rows(TIMES, batch):
            yield f"Study {study} is {what} on worklist {worklist} until {stands}, but its shares say {due}."
        for share, study, worklist in _rows(FLOATING, batch):
            yield f"Share {share} of study {study} has not ended, but no share leads to its worklist {worklist}."


def _batches() -> Iterator[int]:
    """The first key of each batch; gaps in the keys, as an undone load leaves them, are jumped over."""
    beyond = 0
    while rows := _rows(
        "SELECT id FROM studies_study WHERE id > %(beyond)s ORDER BY id LIMIT 1", {"beyond": beyond}
    ):
        yield rows[0][0]
        beyond = rows[0][0] + BATCH - 1


def _rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
