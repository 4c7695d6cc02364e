"""Shares that wait for a decision where a person may approve, and those that were decided there."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from audit.actor import Actor
from sharing.models import Share
from sharing.selectors.access import last_moment
from sharing.selectors.pages import SentPage, page_of
from studies.models import Study
from studies.selectors import placements_visible_to
from worklists import access


@dataclass(frozen=True)
class Approval:
    """A share as an approver sees it. `study` is empty where it was decided and they do not see the study now."""

    share: Share
    study: Study | None

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
    lines = [
        Approval(share, share.study if not decided or share.seen else None)  # type: ignore[attr-defined]
        for share in shares
    ]
    return SentPage(lines, newer, older)


def decision_on(by: Actor, share: UUID) -> str:
    """Who decided on a share before this person, and how; or that it has ended. Empty while no one has."""
    row = _named(by).filter(uuid=share).first()
    if row is None or Share.objects.awaiting().filter(pk=row.pk).exists():
        return ""
    approval = Approval(row, None)
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
    seen = placements_visible_to(by).filter(study=OuterRef("study"), worklist=OuterRef("to_worklist"))
    return (
        Share.objects.filter(
            to_worklist__in=access.worklists_for(by, "approve_study").filter(
                pk__in=access.worklists_for(by, "list_studies").values("pk")
            )
        )
        .select_related(
            "study", "shared_by", "approved_by", "ended_by",
            "from_worklist__account", "from_worklist__owner", "to_worklist__account", "to_worklist__owner",
        )
        .annotate(seen=Exists(seen))
    )  # fmt: skip
