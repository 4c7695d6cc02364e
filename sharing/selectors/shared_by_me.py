"""What a person shared and whom they invited, newest first, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Count, Model, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import Invitation
from audit import clock
from audit.actor import Actor
from sharing import permissions
from sharing.models import Share
from sharing.models.share import ShareQuerySet
from sharing.selectors.access import last_moment
from sharing.selectors.invitations import invitations_of
from sharing.selectors.recipients import RECIPIENT, Recipient, recipient_of
from studies.models import Study
from studies.selectors import placements_visible_to

ROWS = 50
BATCH = 1_000
ENDED = gettext_noop("Ended")

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class NoSuchPage(Exception):
    """The page's URL names a share or an invitation that is not there."""


@dataclass(frozen=True)
class SentShare:
    """A share. `study` and `placement` only while the person still sees the study where they shared it from."""

    share: Share
    placement: UUID | None
    target: Recipient
    state: str
    tone: str
    why: str
    may_end: bool

    @property
    def may_change(self) -> bool:
        """Whether its maker is offered to change it: it has not ended, and the study is still there."""
        return self.placement is not None and self.state != _(ENDED)

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.share.expires_at)

    @property
    def study(self) -> Study | None:
        return self.share.study if self.placement is not None else None


@dataclass(frozen=True)
class SentInvitation:
    """An invitation, with how many of the person's promises still wait on it."""

    invitation: Invitation
    state: str
    tone: str
    promises: int
    waits: bool


@dataclass(frozen=True)
class SentPage(Generic[T]):
    """Some rows, and the uuids with which the pages before and after begin; empty where there is none."""

    lines: list[T]
    newer: UUID | None
    older: UUID | None


def shares_made_by(
    by: Actor, *, before: UUID | None = None, after: UUID | None = None
) -> SentPage[SentShare]:
    """The person's shares. Raises NoSuchPage."""
    shares, newer, older = _page(_own_shares(by), before, after)
    now = clock.now()
    rights = permissions.rights_to_end(by, shares)
    return SentPage([_sent_share(share, now, rights) for share in shares], newer, older)


def every_share_made_by(by: Actor, now: datetime) -> Iterator[SentShare]:
    """All of the person's shares, newest first, a batch at a time; whether they may be ended is left open."""
    last: int | None = None
    while True:
        rows = _own_shares(by).order_by("-pk")
        batch = list((rows if last is None else rows.filter(pk__lt=last))[:BATCH])
        for share in batch:
            state, tone, why = _state(share, now)
            seen = share.seen  # type: ignore[attr-defined]  # of the annotation
            yield SentShare(share, seen, recipient_of(share), state, tone, why, may_end=False)
        if len(batch) < BATCH:
            return
        last = batch[-1].pk


def share_made_by(by: Actor, share: UUID) -> SentShare | None:
    """One of the person's own shares, as the list shows it."""
    own = _own_shares(by).filter(uuid=share).first()
    return _sent_share(own, clock.now(), permissions.rights_to_end(by, [own])) if own is not None else None


def _own_shares(by: Actor) -> QuerySet[Share]:
    seen = placements_visible_to(by).filter(study=OuterRef("study"), worklist=OuterRef("from_worklist"))
    return (
        Share.objects.filter(shared_by=by.person)
        .select_related(
            "study",
            "from_worklist__account",
            "from_worklist__owner",
            "invitation",
            "ended_by",
            *RECIPIENT,
        )
        .annotate(
            seen=Subquery(seen.values("uuid")[:1]),
            held=ShareQuerySet.source_is_visible(),
            in_original=ShareQuerySet.made_inside(),
        )
    )


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
            page = list(rows.filter(pk__lt=at).order_by("-pk")[: ROWS + 1])
            has_newer, has_older = True, len(page) > ROWS
            page = page[:ROWS]
        else:
            turned = list(rows.filter(pk__gt=at).order_by("pk")[: ROWS + 1])
            has_newer, has_older = len(turned) > ROWS, True
            page = turned[:ROWS][::-1]
    else:
        page = list(rows.order_by("-pk")[: ROWS + 1])
        has_newer, has_older = False, len(page) > ROWS
        page = page[:ROWS]
    if not page:
        return [], None, None
    # Annotated by the query.
    return page, page[0].uuid if has_newer else None, page[-1].uuid if has_older else None  # type: ignore[attr-defined]


def _sent_share(share: Share, now: datetime, rights: permissions.RightsToEnd) -> SentShare:
    state, tone, why = _state(share, now)
    may_end = state != _(ENDED) and not rights.refusal(share, home=share.study.home_id)
    # Annotated by the query.
    return SentShare(share, share.seen, recipient_of(share), state, tone, why, may_end)  # type: ignore[attr-defined]


def _state(share: Share, now: datetime) -> tuple[str, str, str]:
    """A word, its tone, and why. What the clock ended is shown as ended before the sweep records it."""
    if share.ended_at is not None:
        return _(ENDED), "neutral", _why_ended(share)
    if share.expires_at is not None and share.expires_at <= now:
        return _(ENDED), "neutral", str(Share.EndReason.EXPIRED.label)
    if not share.held:  # type: ignore[attr-defined]  # annotated by the query
        return _(ENDED), "neutral", str(Share.EndReason.UNREACHABLE.label)
    if share.to_worklist_id is None:
        assert share.invitation is not None  # a constraint: a share has a worklist or an invitation
        if share.invitation.expires_at <= now:
            return _("Invitation expired"), "warn", _("send the invitation again to renew it")
        return _("Invited"), "waiting", _("not yet registered")
    if share.approved_at is None:
        return _("Awaiting approval"), "waiting", ""
    return _("Shared"), "good", ""


def _why_ended(share: Share) -> str:
    """For the sharer; where another person ended the share, with their name."""
    reason = Share.EndReason(share.end_reason)
    by_reason = reason == Share.EndReason.ENDED
    if share.ended_by is None or share.ended_by_id == share.shared_by_id:
        return _("by you") if by_reason and share.ended_by is not None else str(reason.label)
    if by_reason:
        return _("by %(name)s") % {"name": share.ended_by.name}
    return _("%(reason)s by %(name)s") % {"reason": reason.label, "name": share.ended_by.name}


def _sent_invitation(invitation: Invitation, now: datetime) -> SentInvitation:
    promised: int = invitation.promised  # type: ignore[attr-defined]  # annotated by the query
    if invitation.accepted_at is not None:
        return SentInvitation(invitation, _("Registered"), "good", promised, False)
    if invitation.withdrawn_at is not None:
        return SentInvitation(invitation, _("Withdrawn"), "neutral", promised, False)
    if invitation.expires_at <= now:
        return SentInvitation(invitation, _("Expired"), "warn", promised, True)
    return SentInvitation(invitation, _("Pending"), "waiting", promised, True)
