"""What a person shared and whom they invited, newest first, a page at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Count, Model, OuterRef, Q, QuerySet, Subquery

from accounts.models import Invitation
from audit import clock
from audit.actor import Actor
from sharing import permissions
from sharing.models import Method, Share
from sharing.models.share import ShareQuerySet
from sharing.selectors.access import last_moment
from sharing.selectors.invitations import invitations_of
from studies.models import Study
from studies.selectors import placements_visible_to

ROWS = 50
ENDED = "Ended"

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class NoSuchPage(Exception):
    """The page's address names a line that is not there."""


@dataclass(frozen=True)
class SentShare:
    """One share. `study` and `placement` only while the person still sees the study where they shared it from."""

    share: Share
    placement: UUID | None
    target: str
    state: str
    tone: str
    why: str
    may_end: bool

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.share.expires_at)

    @property
    def study(self) -> Study | None:
        return self.share.study if self.placement is not None else None


@dataclass(frozen=True)
class SentInvitation:
    """One invitation, with how many of the person's promises still wait on it."""

    invitation: Invitation
    state: str
    tone: str
    promises: int
    waits: bool


@dataclass(frozen=True)
class SentPage(Generic[T]):
    """Some lines, and the uuids with which the pages beside this one begin; empty where there is none."""

    lines: list[T]
    newer: UUID | None
    older: UUID | None


def shares_made_by(
    by: Actor, *, before: UUID | None = None, after: UUID | None = None
) -> SentPage[SentShare]:
    """The person's shares. Raises NoSuchPage."""
    seen = placements_visible_to(by).filter(study=OuterRef("study"), worklist=OuterRef("from_worklist"))
    mine = (
        Share.objects.filter(shared_by=by.person)
        .select_related(
            "study",
            "from_worklist__account",
            "from_worklist__owner",
            "to_worklist__account",
            "to_worklist__owner",
        )
        .select_related("invitation", "ended_by")
        .annotate(seen=Subquery(seen.values("uuid")[:1]), held=ShareQuerySet.source_is_visible())
    )
    shares, newer, older = _page(mine, before, after)
    now = clock.now()
    rights = permissions.rights_to_end(by, shares)
    return SentPage([_sent_share(share, now, rights) for share in shares], newer, older)


def invitations_sent_by(
    by: Actor, *, before: UUID | None = None, after: UUID | None = None
) -> SentPage[SentInvitation]:
    """The invitations the person made or promised something with. Raises NoSuchPage."""
    promised = Count(
        "shares", filter=Q(shares__shared_by=by.person, shares__to_worklist=None, shares__ended_at=None)
    )
    sent = invitations_of(by).select_related("account", "invited_by").annotate(promised=promised)
    rows, newer, older = _page(sent, before, after)
    now = clock.now()
    return SentPage([_sent_invitation(row, now) for row in rows], newer, older)


def _page(
    rows: QuerySet[M], before: UUID | None, after: UUID | None
) -> tuple[list[M], UUID | None, UUID | None]:
    """Fifty rows older than one of them, or newer, or the newest."""
    if cursor := before or after:
        at = rows.filter(uuid=cursor).values_list("pk", flat=True).first()
        if at is None:
            raise NoSuchPage
        if before is not None:
            found = list(rows.filter(pk__lt=at).order_by("-pk")[: ROWS + 1])
            beside, more = True, len(found) > ROWS
            found = found[:ROWS]
        else:
            turned = list(rows.filter(pk__gt=at).order_by("pk")[: ROWS + 1])
            beside, more = len(turned) > ROWS, True
            found = turned[:ROWS][::-1]
    else:
        found = list(rows.order_by("-pk")[: ROWS + 1])
        beside, more = False, len(found) > ROWS
        found = found[:ROWS]
    if not found:
        return [], None, None
    return found, found[0].uuid if beside else None, found[-1].uuid if more else None  # type: ignore[attr-defined]


def _sent_share(share: Share, now: datetime, rights: permissions.RightsToEnd) -> SentShare:
    state, tone, why = _state(share, now)
    may_end = state != ENDED and not rights.refusal(share, home=share.study.home_id)
    return SentShare(share, share.seen, _target(share), state, tone, why, may_end)  # type: ignore[attr-defined]


def _target(share: Share) -> str:
    """As the person named it: an address, a code's public name, a worklist or a colleague."""
    if share.address:
        return share.address
    worklist = share.to_worklist
    assert worklist is not None  # a constraint: a share has a worklist or an address
    if share.method == Method.CODE and worklist.account is not None:
        return f"{worklist.account.name} — {worklist.name}"
    return worklist.label


def _state(share: Share, now: datetime) -> tuple[str, str, str]:
    """A word, its tone, and why. What ended by the clock is said before the sweep writes it down."""
    if share.ended_at is not None:
        return ENDED, "neutral", _why_ended(share)
    if share.expires_at is not None and share.expires_at <= now:
        return ENDED, "neutral", str(Share.EndReason.EXPIRED.label)
    if not share.held:  # type: ignore[attr-defined]
        return ENDED, "neutral", str(Share.EndReason.UNREACHABLE.label)
    if share.to_worklist_id is None:
        assert share.invitation is not None  # a constraint: a share has a worklist or an invitation
        if share.invitation.expires_at <= now:
            return "Invitation expired", "warn", "send the invitation again to renew it"
        return "Invited", "waiting", "not yet registered"
    if share.approved_at is None:
        return "Awaiting approval", "waiting", ""
    return "Shared", "good", ""


def _why_ended(share: Share) -> str:
    """For the one who shared it; where somebody else ended it, with their name."""
    by_self = share.ended_by_id == share.shared_by_id
    by = f"by {share.ended_by.name}" if share.ended_by is not None and not by_self else ""
    reason = Share.EndReason(share.end_reason)
    if reason == Share.EndReason.ENDED and share.ended_by is not None:
        return by or "by you"
    return f"{reason.label} {by}".strip()


def _sent_invitation(invitation: Invitation, now: datetime) -> SentInvitation:
    promised: int = invitation.promised  # type: ignore[attr-defined]
    if invitation.accepted_at is not None:
        return SentInvitation(invitation, "Registered", "good", promised, False)
    if invitation.withdrawn_at is not None:
        return SentInvitation(invitation, "Withdrawn", "neutral", promised, False)
    if invitation.expires_at <= now:
        return SentInvitation(invitation, "Expired", "warn", promised, True)
    return SentInvitation(invitation, "Pending", "waiting", promised, True)
