"""Who has the ticked studies already, for the share dialog: as far as its reader may know."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from sharing.selectors.access import last_moment
from studies.models import FOREVER
from worklists.models import Worklist


@dataclass(frozen=True)
class Held:
    """How many of the studies are shared with a recipient, until when at the earliest and at the latest."""

    studies: int
    earliest: datetime
    latest: datetime

    @property
    def last_day(self) -> datetime | None:
        """The last day on which all of them are there; empty without an end date."""
        return last_moment(self.earliest) if self.earliest < FOREVER else None

    @property
    def differs(self) -> bool:
        return self.earliest != self.latest


@dataclass(frozen=True)
class Shown:
    """The recipients that a dialog shows: worklists by key, colleagues by uuid, codes and emails as they are stored."""

    worklists: Collection[int] = ()
    people: Collection[UUID] = ()
    codes: Collection[str] = ()
    emails: Collection[str] = ()


def already_shared(
    study_ids: Collection[int], worklist: Worklist, shown: Shown
) -> Mapping[int | UUID | str, Held]:
    """By worklist, colleague, code or email, those who have some of these studies. One statement.

    They are those of the Access tab: shares from this worklist, and where it is the studies' home, all that were made
    before a share by email. Who was reached by email is marked beside that email, or beside the colleague.
    """
    if not (shown.worklists or shown.people or shown.codes or shown.emails):
        return {}
    given: dict[str, Any] = {
        "studies": list(study_ids),
        "here": worklist.pk,
        "forever": FOREVER,
        "worklists": list(shown.worklists),
        "people": list(shown.people),
        "codes": list(shown.codes),
        "emails": list(shown.emails),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ALREADY, given)
        # Of the four keys of a row, one is filled.
        return {next(filter(None, row[:4])): Held(*row[4:]) for row in cursor.fetchall()}


# A recipient may be there by several shares: of each study the latest end counts.
_ALREADY = """
WITH known AS (
    SELECT w.id AS worklist, o.uuid AS person, w.share_code AS code, s.address AS email, s.method, s.study_id,
           LEAST(COALESCE(s.expires_at, %(forever)s), source.visible_until) AS until
    FROM sharing_share s
    JOIN studies_study study ON study.id = s.study_id
    JOIN studies_placement source ON source.study_id = s.study_id AND source.worklist_id = s.from_worklist_id
    LEFT JOIN worklists_worklist w ON w.id = s.to_worklist_id
    LEFT JOIN accounts_user o ON o.id = w.owner_id
    WHERE s.study_id = ANY(%(studies)s) AND s.ended_at IS NULL
      AND (s.expires_at IS NULL OR s.expires_at > statement_timestamp())
      AND source.visible_until > statement_timestamp()
      AND (s.from_worklist_id = %(here)s
           OR (study.home_id = %(here)s AND source.internal_until > statement_timestamp()))
), named AS (
    SELECT worklist, NULL::uuid AS person, NULL AS code, NULL AS email, study_id, until FROM known
    WHERE method <> 'email' AND worklist = ANY(%(worklists)s)
    UNION ALL
    SELECT NULL, person, NULL, NULL, study_id, until FROM known WHERE person = ANY(%(people)s::uuid[])
    UNION ALL
    SELECT NULL, NULL, code, NULL, study_id, until FROM known WHERE method <> 'email' AND code = ANY(%(codes)s)
    UNION ALL
    SELECT NULL, NULL, NULL, email, study_id, until FROM known WHERE method = 'email' AND email = ANY(%(emails)s)
), latest AS (
    SELECT worklist, person, code, email, study_id, max(until) AS until FROM named GROUP BY 1, 2, 3, 4, 5
)
SELECT worklist, person, code, email, count(*), min(until), max(until) FROM latest GROUP BY 1, 2, 3, 4
"""
