"""The receipt of a press: what was shared with whom, when each share ended, and who opened the studies while shared.

The receipt is read from the audit trail, in the same few statements for any number of shares. Only events of the
original's audit trail are read. For a share by email, the receipt shows the steps of the delivery that the sharer may
know, and nothing else.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from audit.actions import Action
from audit.actor import Actor
from audit.models import AuditEvent
from audit.shown_events import ShownEvent, shown_event
from sharing import permissions
from sharing.delivery import is_outside
from sharing.models import Share
from sharing.selectors.deliveries import DeliveryLine, deliveries_of, lines_of
from sharing.selectors.directory import accounts_of
from sharing.selectors.made_shares import MadeShare, with_sight
from sharing.selectors.presses import shares_of_press
from sharing.selectors.recipients import Recipient, recipient_of
from sharing.selectors.urgent import UrgentLine, urgent_lines
from studies.models import Study
from worklists import access

# A receipt lists this many shares; further shares are only counted.
MOST_SHARES = 500
# A worklist may have thousands of people: the first people who opened the study are named, the others are counted.
MOST_READERS = 50

OPENINGS = (Action.STUDY_OPEN, Action.IMAGES_SERVED, Action.GUEST_LINK_OPEN)
TAKINGS = (Action.STUDY_DOWNLOAD, Action.IMAGE_SAVE, Action.IMAGE_PRINT, Action.STUDY_SEND)
LISTINGS = (Action.LIST_READ, Action.LIST_SEARCH)


class Reader(NamedTuple):
    """A reader of a study on the recipient's worklist: the first opening, and when images were first taken away."""

    opened: ShownEvent
    took_at: datetime | None


@dataclass(frozen=True)
class ReceiptLine:
    """One share on a receipt. `study` is empty if the person can no longer see the study; then readers are not shown.

    `is_outside`: the study was shared by email; `steps` are then the steps of the delivery that the sharer may know.
    For other shares: `n_readers` people opened the study on the worklist while the share allowed it, and `readers` are
    those whose names the person may know; `listed` people read the list of the worklist in that time.
    """

    share: Share
    study: Study | None
    recipient: Recipient
    ended_at: datetime | None
    why: str
    is_outside: bool
    steps: Sequence[DeliveryLine] = ()
    readers: Sequence[Reader] = ()
    n_readers: int = 0
    listed: int = 0
    onward: int = 0
    urgent: UrgentLine | None = None

    @property
    def more_readers(self) -> int:
        return self.n_readers - len(self.readers)


@dataclass(frozen=True)
class Receipt:
    """`first`: any of the shares, for the facts that all shares have in common. `standing`: how many have not ended.

    `kept`: how many further shares of the press have not ended, where the person sees the share and may not end it.
    """

    press: UUID
    at: datetime
    first: Share
    lines: Sequence[ReceiptLine]
    shares: int
    standing: int
    kept: int = 0


def shares_on_receipt(by: Actor, press: UUID) -> list[MadeShare]:
    """The shares of a press that the person may end, or could end if still active; at most the first `MOST_SHARES`."""
    shares = list(with_sight(shares_of_press(by, press), by).select_related("shared_by")[:MOST_SHARES])
    rights = permissions.rights_to_end(by, shares)
    return [MadeShare.of(share) for share in shares if not rights.refusal(share, home=share.study.home_id)]


def receipt_of(press: UUID, rows: Sequence[MadeShare], by: Actor, now: datetime) -> Receipt:
    """`rows`: at least one row, as read by `shares_on_receipt`."""
    shares = [row.share for row in rows]
    known = [row.share for row in rows if row.seen]
    outside = {share.pk for share in known if is_outside(share)}
    deliveries = deliveries_of([share for share in known if share.pk in outside or share.open_by is not None])
    inside = [share.pk for share in known if share.pk not in outside and share.to_worklist_id is not None]
    # The maker of the shares may know who opened the studies; another person must be allowed to read the audit trail.
    is_maker = all(share.shared_by_id == by.user_id for share in shares)
    names = MOST_READERS if is_maker or by.may("view_study_audit", shares[0].from_worklist) else 0
    readers, listed, onward = _readers(inside, by), _listed(inside), _onward([share.pk for share in known])
    urgent = urgent_lines([share for share in shares if share.pk in deliveries], deliveries, now)
    lines = []
    for row in rows:
        share, (ended_at, why) = row.share, _end(row, now)
        people = readers.get(share.pk, ())
        lines.append(
            ReceiptLine(
                share,
                share.study if share in known and share.study.deleted_at is None else None,
                recipient_of(share),
                ended_at,
                why,
                is_outside(share),
                lines_of(share, deliveries[share.pk]) if share.pk in outside else (),
                people[:names],
                len(people),
                listed.get(share.pk, 0),
                onward.get(share.pk, 0),
                urgent.get(share.pk),
            )
        )
    standing = sum(not line.why for line in lines)
    shown = max(_number(by, press), len(shares))
    return Receipt(press, now, shares[0], lines, shown, standing, _kept(by, press))


def _kept(by: Actor, press: UUID) -> int:
    seen = list(shares_of_press(by, press).filter(ended_at=None).select_related("study"))
    rights = permissions.rights_to_end(by, seen)
    return sum(bool(rights.refusal(share, home=share.study.home_id)) for share in seen)


def _number(by: Actor, press: UUID) -> int:
    """How many shares of the press the person may end, or could end if still active; others stay unknown to them."""
    may_share = access.worklists_for(by, "share_study")
    return (
        shares_of_press(by, press)
        .filter(Q(from_worklist__in=may_share) | Q(study__home__in=may_share))
        .count()
    )


def _end(row: MadeShare, now: datetime) -> tuple[datetime | None, str]:
    """When and why a share ended, or no reason if the share is active. An expired share is shown as ended at once."""
    share = row.share
    if share.ended_at is not None:
        reason = str(Share.EndReason(share.end_reason).label)
        if share.ended_by is None:
            return share.ended_at, reason
        if share.end_reason == Share.EndReason.ENDED:
            return share.ended_at, _("by %(name)s") % {"name": share.ended_by.name}
        return share.ended_at, _("%(reason)s by %(name)s") % {"reason": reason, "name": share.ended_by.name}
    if share.expires_at is not None and share.expires_at <= now:
        return share.expires_at, str(Share.EndReason.EXPIRED.label)
    if not row.held:
        return None, str(Share.EndReason.UNREACHABLE.label)
    return None, ""


def _readers(shares: Collection[int], by: Actor) -> Mapping[int, list[Reader]]:
    """For each share, who opened the study on the recipient's worklist, by first opening. Runs two statements."""
    taking = [str(action) for action in TAKINGS]
    given: dict[str, Any] = {
        "shares": list(shares),
        "actions": [*map(str, OPENINGS), *taking],
        "taking": taking,
    }
    with connection.cursor() as cursor:
        cursor.execute(_READERS, given)
        rows = cursor.fetchall()
    events = AuditEvent.objects.in_bulk({event for _, event, _ in rows})
    accounts = accounts_of(by.person)
    readers: dict[int, list[Reader]] = defaultdict(list)
    for share, event, took_at in rows:
        opened = events[event]
        readers[share].append(Reader(shown_event(opened, is_ours=opened.account_id in accounts), took_at))
    return readers


def _listed(shares: Collection[int]) -> Mapping[int, int]:
    """For each share, how many people read the list of the recipient's worklist while the study was shared there."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTED, {"shares": list(shares), "actions": [str(action) for action in LISTINGS]})
        return dict(cursor.fetchall())


def _onward(shares: Collection[int]) -> Mapping[int, int]:
    """For each share, how many onward shares the recipient's worklist made while the study was shared there."""
    with connection.cursor() as cursor:
        cursor.execute(_ONWARD, {"shares": list(shares)})
        return dict(cursor.fetchall())


# The time during which the share lets the study be seen: the same rule as in `delivery.fold`.
_WHILE = """{at} >= GREATEST(s.shared_at, s.approved_at)
          AND {at} <= COALESCE(LEAST(s.ended_at, s.expires_at), 'infinity')"""

# For each share, the events of its study on its worklist are read through an index; only events of the original's audit
# trail count. Guests act under the name of their link, so the label tells guests of different links apart. An approver
# may open a study that awaits approval.
_READERS = f"""
SELECT s.id, e.opened, e.took_at
FROM sharing_share s
CROSS JOIN LATERAL (
    SELECT min(a.id) AS opened, min(a.at) FILTER (WHERE a.action = ANY(%(taking)s)) AS took_at
    FROM audit_auditevent a
    WHERE a.worklist_id = s.to_worklist_id AND a.study_id = s.study_id
          AND a.action = ANY(%(actions)s) AND a.outcome = 'success' AND a.in_original
          AND ((s.approved_at IS NOT NULL AND {_WHILE.format(at="a.at")})
               OR (a.detail @> '{{"before_approval": true}}' AND a.at >= s.shared_at
                   AND a.at <= COALESCE(LEAST(s.approved_at, s.ended_at, s.expires_at), 'infinity')))
    GROUP BY a.by_id, CASE WHEN a.by_id IS NULL THEN a.by_label END
) e
WHERE s.id = ANY(%(shares)s) AND e.opened IS NOT NULL
ORDER BY e.opened
"""

# Lists are read far more often than studies. So the events of a worklist are counted once for each period in which
# studies of the press were shared there, starting with the first event of the press.
_LISTED = """
WITH pressed AS (
    SELECT s.id, s.to_worklist_id, GREATEST(s.shared_at, s.approved_at) AS since,
        COALESCE(LEAST(s.ended_at, s.expires_at), 'infinity') AS until
    FROM sharing_share s
    WHERE s.id = ANY(%(shares)s) AND s.approved_at IS NOT NULL
), began AS (
    SELECT COALESCE(min(a.id), 0) AS id
    FROM sharing_share s
    JOIN audit_auditevent a
        ON a.worklist_id = s.from_worklist_id AND a.study_id = s.study_id AND a.share_uuid = s.uuid
    WHERE s.id = (SELECT min(id) FROM pressed)
), times AS (
    SELECT t.*, (
        SELECT count(DISTINCT a.by_id) FROM audit_auditevent a
        WHERE a.worklist_id = t.to_worklist_id AND a.study_id IS NULL AND a.id >= (SELECT id FROM began)
            AND a.action = ANY(%(actions)s) AND a.at >= t.since AND a.at <= t.until
    ) AS people
    FROM (SELECT DISTINCT to_worklist_id, since, until FROM pressed) AS t
)
SELECT p.id, t.people FROM pressed p JOIN times t USING (to_worklist_id, since, until)
"""

_ONWARD = f"""
SELECT s.id, count(*)
FROM sharing_share s
JOIN sharing_share o ON o.study_id = s.study_id AND o.from_worklist_id = s.to_worklist_id
     AND {_WHILE.format(at="o.shared_at")}
WHERE s.id = ANY(%(shares)s) AND s.approved_at IS NOT NULL
GROUP BY s.id
"""
