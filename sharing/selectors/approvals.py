"""Shares that wait for a decision where a person may approve, and those that were decided there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from audit.actor import Actor
from sharing.models import Share
from sharing.selectors.access import last_moment
from sharing.selectors.pages import SentPage, page_of
from studies.models import Placement, Study
from studies.selectors import placements_to_decide_on, placements_visible_to
from worklists import access


@dataclass(frozen=True)
class Approval:
    """A share as an approver sees it. `study` is empty where it was decided and they do not see the study now.

    `viewer` is the placement whose images they may open, before the decision too; empty where they may not.
    """

    share: Share
    study: Study | None = None
    viewer: UUID | None = None
    # On the worklist: the own MRN that was noted before, and whether the patient disagrees with others.
    own_mrn: str = ""
    differs: bool = False

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.share.expires_at)

    @property
    def is_approved(self) -> bool:
        return self.share.approved_by_id is not None

    @property
    def decided_by(self) -> str:
        decider = self.share.approved_by or self.share.ended_by
        return decider.name if decider is not None else ""

    @property
    def decided_at(self) -> datetime | None:
        return self.share.approved_at if self.is_approved else self.share.ended_at


def approvals_for(
    by: Actor, *, decided: bool, before: UUID | None = None, after: UUID | None = None
) -> SentPage[Approval]:
    """A page of what waits for the person, or of what was decided on their worklists. Raises NoSuchPage."""
    shares, newer, older = page_of(_shares(by, decided=decided), before, after)
    # Of what waits an approver sees the patient, which is what they decide about.
    places = _places_of(shares, by)
    lines = []
    for share in shares:
        place = places.get((share.study_id, share.to_worklist_id), NOWHERE)
        study = share.study if not decided or place.is_seen else None
        viewer = place.placement if place.opens and study is not None else None
        lines.append(Approval(share, study, viewer, place.own_mrn, place.differs))
    return SentPage(lines, newer, older)


class Place(NamedTuple):
    """Of a study on a worklist: whether the approver sees it there, and whether they may open its images."""

    placement: UUID | None
    is_seen: bool
    opens: bool
    own_mrn: str = ""
    differs: bool = False


NOWHERE = Place(None, False, False)


def _places_of(shares: Collection[Share], by: Actor) -> dict[tuple[int, int | None], Place]:
    """By study and worklist: one statement."""
    this = {"pk": OuterRef("pk")}
    seen = placements_visible_to(by).filter(**this)
    opened = seen.filter(worklist__in=access.worklists_for(by, "open_study"))
    rows = (
        Placement.objects.filter(
            study__in={share.study_id for share in shares},
            worklist__in={share.to_worklist_id for share in shares},
        )
        .annotate(
            is_seen=Exists(seen),
            opens=Exists(opened),
            decides=Exists(placements_to_decide_on(by).filter(**this)),
        )
        .values_list("study", "worklist", "uuid", "is_seen", "opens", "decides", "own_mrn", "differs")
    )
    return {
        (study, worklist): Place(uuid, is_seen, opens or decides, own_mrn, bool(differs))
        for study, worklist, uuid, is_seen, opens, decides, own_mrn, differs in rows
    }


def decision_on(by: Actor, share: UUID) -> str:
    """Who decided on a share before this person, and how; or that it has ended. Empty while no one has."""
    row = _named(by).filter(uuid=share).first()
    if row is None or Share.objects.awaiting().filter(pk=row.pk).exists():
        return ""
    approval = Approval(row)
    if approval.is_approved:
        return _("%(name)s has already approved it.") % {"name": approval.decided_by}
    if row.end_reason == Share.EndReason.DECLINED:
        return _("%(name)s has already declined it.") % {"name": approval.decided_by}
    return _("The share has ended before you decided.")


def _shares(by: Actor, *, decided: bool) -> QuerySet[Share]:
    if decided:
        return _named(by).filter(Q(approved_by__isnull=False) | Q(end_reason=Share.EndReason.DECLINED))
    waiting = Share.objects.awaiting().values("pk")
    return _named(by).filter(ended_at=None, approved_at=None, pk__in=waiting)


def _named(by: Actor) -> QuerySet[Share]:
    approves, lists = (access.worklists_for(by, right) for right in ("approve_study", "list_studies"))
    return Share.objects.filter(to_worklist__in=approves.filter(pk__in=lists.values("pk"))).select_related(
        "study", "shared_by", "approved_by", "ended_by",
        "from_worklist__account", "from_worklist__owner", "to_worklist__account", "to_worklist__owner",
    )  # fmt: skip
