"""What became of some shares: the first events of each kind, read at once, and folded."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from audit import history
from audit.actions import Action
from sharing.delivery import Delivery, Step, StepTaken, fold
from sharing.models import Share
from studies.beside import Beside

# Opened reports are events with the kind of what was opened.
REPORTS = (Beside.REPORT, Beside.DOCUMENT)
# The events that are an opening.
OPENINGS = [Action.STUDY_OPEN, Action.IMAGES_SERVED, Action.STUDY_DOWNLOAD]


@dataclass(frozen=True)
class DeliveryLine:
    """A moment of a delivery in words. `about` tells people of another account apart, as the audit trail does."""

    label: str
    at: datetime
    who: str = ""
    about: str = ""


def lines_of(share: Share, delivery: Delivery, reader: int | None = None) -> list[DeliveryLine]:
    """What has happened, in the order in which it usually does. Select `approved_by` with the share.

    `reader`: the account that reads this, where it is not the one the study was shared from.
    """
    reader = reader or share.from_worklist.account_id
    lines = []
    if delivery.accepted is not None:
        lines.append(DeliveryLine(_("Accepted"), delivery.accepted))
    if delivery.approved is not None and share.approved_by is not None:
        lines.append(DeliveryLine(_("Approved"), delivery.approved, share.approved_by.name))
    steps = (
        (_("Images opened"), delivery.images),
        (_("Report opened"), delivery.report),
        (_("Downloaded"), delivery.download),
    )
    known = [_line(label, step, share, reader) for label, step in steps if step is not None]
    if not known and delivery.opened is not None:
        known = [DeliveryLine(_("First opened"), delivery.opened)]
    lines += known
    if delivery.acknowledged_by is not None:
        lines.append(_line(_("Acknowledged"), delivery.acknowledged_by, share, reader))
    elif delivery.acknowledged is not None:
        lines.append(DeliveryLine(_("Acknowledged"), delivery.acknowledged))
    return lines


def _line(label: str, step: StepTaken, share: Share, reader: int | None) -> DeliveryLine:
    about = ""
    # A colleague's own worklist has no account, and the share names the account in whose directory they are.
    if reader not in {step.account_id, share.account_id} - {None}:
        domain = history.email_in(step.by_label).rpartition("@")[2]
        about = " · ".join(filter(None, [domain, f"P{step.by_id}"]))
    return DeliveryLine(label, step.at, history.name_in(step.by_label) or _("Someone"), about)


def deliveries_of(shares: Sequence[Share]) -> Mapping[int, Delivery]:
    """By key of the share. One statement, whatever the number of shares."""
    reached = [share.pk for share in shares if share.to_worklist_id is not None]
    taken = steps_of(reached) if reached else {}
    return {share.pk: fold(share, taken.get(share.pk, ())) for share in shares}


def steps_of(shares: Iterable[int]) -> Mapping[int, list[StepTaken]]:
    """The first step of each kind, inside and outside, that someone other than the sharer took on the worklist."""
    given: dict[str, Any] = {
        "shares": list(shares),
        "steps": [*OPENINGS, Action.SHARE_ACKNOWLEDGE],
        "images": Action.IMAGES_SERVED,
        "download": Action.STUDY_DOWNLOAD,
        "acknowledge": Action.SHARE_ACKNOWLEDGE,
        "claim": Action.SHARE_CLAIM,
        "reports": [str(kind) for kind in REPORTS],
        "step_images": Step.IMAGES,
        "step_download": Step.DOWNLOAD,
        "step_report": Step.REPORT,
        "step_study": Step.STUDY,
        "step_acknowledged": Step.ACKNOWLEDGED,
        "step_accepted": Step.ACCEPTED,
    }
    taken: dict[int, list[StepTaken]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, given)
        for share, step, *rest in cursor.fetchall():
            taken[share].append(StepTaken(Step(step), *rest))
    return taken


# Each share reads the events of its study on one worklist through an index, and of a claim those that name the worklist
# as the target. The bounds are those of `delivery.fold`.
_STEPS = """
SELECT s.id, e.step, e.at, e.by_id, e.by_label, e.account_id, e.in_original
FROM sharing_share s
CROSS JOIN LATERAL (
    SELECT DISTINCT ON (step, in_original) * FROM (
        SELECT CASE WHEN a.action = %(images)s THEN %(step_images)s
                    WHEN a.action = %(download)s THEN %(step_download)s
                    WHEN a.action = %(acknowledge)s THEN %(step_acknowledged)s
                    WHEN a.detail->>'page' = ANY(%(reports)s) THEN %(step_report)s
                    ELSE %(step_study)s END AS step,
               a.at, a.id, a.by_id, a.by_label, a.account_id, a.in_original
        FROM audit_auditevent a
        WHERE a.worklist_id = s.to_worklist_id AND a.study_id = s.study_id
          AND a.action = ANY(%(steps)s) AND a.outcome = 'success'
          AND a.by_id <> s.shared_by_id
          AND a.at >= GREATEST(s.shared_at, s.approved_at)
          AND a.at <= COALESCE(LEAST(s.ended_at, s.expires_at), 'infinity')
    ) each
    ORDER BY step, in_original, at, id
) e
WHERE s.id = ANY(%(shares)s) AND s.approved_at IS NOT NULL
UNION ALL
SELECT s.id, %(step_accepted)s, a.at, a.by_id, '', NULL, FALSE
FROM sharing_share s
JOIN audit_auditevent a ON a.study_id = s.study_id AND a.other_worklist_id = s.to_worklist_id
     AND a.action = %(claim)s AND a.share_uuid = s.uuid
WHERE s.id = ANY(%(shares)s) AND s.invitation_id IS NOT NULL
"""
