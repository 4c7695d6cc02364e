"""Who opened a study in a period, from the original's audit trail: people, tokens and guest links."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from audit.actions import Action
from audit.models import AuditEvent
from audit.shown_events import shown_event
from sharing.selectors.deliveries import REPORTS

MOST_OPENERS = 500
TAKINGS = (Action.STUDY_DOWNLOAD, Action.IMAGE_SAVE, Action.IMAGE_PRINT, Action.STUDY_SEND)
ACTIONS = (Action.STUDY_OPEN, Action.IMAGES_SERVED, Action.GUEST_LINK_OPEN, *TAKINGS)


class What(StrEnum):
    """What was opened, in the order in which it is shown."""

    STUDY = "study"
    IMAGES = "images"
    REPORT = "report"
    TAKEN = "taken"


WORDS: dict[What, str] = {
    What.STUDY: gettext_noop("Study opened"),
    What.IMAGES: gettext_noop("Images viewed"),
    What.REPORT: gettext_noop("Report opened"),
    What.TAKEN: gettext_noop("Downloaded, saved, printed or sent"),
}


class Opened(NamedTuple):
    """How often, first and last, something of the study was opened."""

    what: What
    first: datetime
    last: datetime
    times: int

    @property
    def label(self) -> str:
        return _(WORDS[self.what])


@dataclass(frozen=True)
class Opener:
    """Who opened the study: a person, a person's token, or a guest link. `is_ours`: in one of the reader's accounts.

    `could` at the moment that is asked about, and `can` now: None where the reader may not know.
    """

    who: str
    about: str
    by_id: int | None
    link: UUID | None
    token: str
    opened: list[Opened]
    is_ours: bool
    could: bool | None = None
    can: bool | None = None

    @property
    def first(self) -> datetime:
        return min(each.first for each in self.opened)

    @property
    def last(self) -> datetime:
        return max(each.last for each in self.opened)


class Period(NamedTuple):
    """Both moments belong to it; without a beginning, since the study arrived."""

    since: datetime | None
    until: datetime


def openers_of(study: int, period: Period, accounts: Collection[int]) -> list[Opener]:
    """The last to open the study first, in two statements. `accounts` are the reader's: their emails are shown."""
    given: dict[str, Any] = {
        "study": study,
        "since": period.since,
        "until": period.until,
        "actions": [str(action) for action in ACTIONS],
        "takings": [str(action) for action in TAKINGS],
        "images": str(Action.IMAGES_SERVED),
        "reports": [str(kind) for kind in REPORTS],
        **{f"what_{what}": str(what) for what in What},
        "most": MOST_OPENERS,
    }
    opened: dict[tuple[Any, ...], list[Opened]] = defaultdict(list)
    latest: dict[tuple[Any, ...], int] = {}
    with connection.cursor() as cursor:
        cursor.execute(_OPENED, given)
        for by, link, token, what, first, last, times, event in cursor.fetchall():
            who = (by, link, token)
            opened[who].append(Opened(What(what), first, last, times))
            latest[who] = max(event, latest.get(who, 0))
    events = AuditEvent.objects.in_bulk(latest.values())
    order = sorted(latest, key=latest.__getitem__, reverse=True)
    return [_opener(who, events[latest[who]], opened[who], accounts) for who in order]


def _opener(
    who: tuple[Any, ...], event: AuditEvent, opened: list[Opened], accounts: Collection[int]
) -> Opener:
    by, link, _token = who
    is_ours = event.account_id in accounts
    shown = shown_event(event, is_ours=is_ours)
    order = list(What)
    return Opener(
        who=shown.who,
        about=" · ".join(part for part in (shown.email or shown.domain, shown.mark) if part),
        by_id=by,
        link=UUID(link) if link else None,
        token=str(event.detail.get("token_name", "")),
        opened=sorted(opened, key=lambda each: order.index(each.what)),
        is_ours=is_ours,
    )


# Through the index of the events of a study. A guest acts under the name of the link, and has no key of a person.
_OPENED = """
WITH events AS (
    SELECT a.id, a.at, a.by_id,
        CASE WHEN a.by_id IS NULL THEN a.detail->>'guest_link' END AS link, a.detail->>'token' AS token,
        CASE WHEN a.action = %(images)s THEN %(what_images)s
             WHEN a.action = ANY(%(takings)s) THEN %(what_taken)s
             WHEN a.detail->>'page' = ANY(%(reports)s) THEN %(what_report)s
             ELSE %(what_study)s END AS what
    FROM audit_auditevent a
    WHERE a.study_id = %(study)s AND a.action = ANY(%(actions)s) AND a.outcome = 'success' AND a.in_original
      AND a.at <= %(until)s AND (%(since)s::timestamptz IS NULL OR a.at >= %(since)s)
      AND (a.by_id IS NOT NULL OR a.detail ? 'guest_link')
), latest AS (
    SELECT by_id, link, token FROM events GROUP BY by_id, link, token ORDER BY max(id) DESC LIMIT %(most)s
)
SELECT e.by_id, e.link, e.token, e.what, min(e.at), max(e.at), count(*), max(e.id)
FROM events e
JOIN latest l ON (l.by_id, l.link, l.token) IS NOT DISTINCT FROM (e.by_id, e.link, e.token)
GROUP BY e.by_id, e.link, e.token, e.what
"""
