"""What a person shared and whom they invited, newest first, a page at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Invitation
from audit import clock
from audit.actor import Actor
from common.nouns import counted
from sharing import permissions
from sharing.delivery import Delivery
from sharing.models import Share
from sharing.selectors.access import last_moment
from sharing.selectors.deliveries import DeliveryLine, deliveries_of, lines_of
from sharing.selectors.invitations import invitations_of
from sharing.selectors.made_shares import MadeShare, seen_where_made, with_sight
from sharing.selectors.pages import SentPage, page_of
from sharing.selectors.recipients import Recipient, recipient_of
from sharing.selectors.share_filters import EVERYTHING, ShareFilters, made_states, narrowed
from sharing.selectors.standings import standing_of
from sharing.selectors.urgent import UrgentLine, urgent_lines
from sharing.states import Standing, State
from studies.models import Study
from studies.selectors import still_arriving

BATCH = 1_000


@dataclass(frozen=True)
class SentShare:
    """A share. `study`, `placement` and `delivery` only while the person sees the study where they shared it from."""

    share: Share
    placement: UUID | None
    target: Recipient
    standing: Standing
    may_end: bool
    in_original: bool
    delivery: Delivery | None = None
    is_arriving: bool = False
    urgent: UrgentLine | None = None

    @property
    def state(self) -> str:
        return self.standing.state.word

    @property
    def tone(self) -> str:
        return self.standing.state.tone

    @property
    def why(self) -> str:
        return self.standing.why

    @property
    def may_change(self) -> bool:
        """Whether its maker is offered to change it: it has not ended, and the study is still there."""
        return self.placement is not None and self.standing.state != State.ENDED

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.share.expires_at)

    @property
    def delivered(self) -> list[DeliveryLine]:
        return lines_of(self.share, self.delivery) if self.delivery is not None else []

    @property
    def arrived(self) -> str:
        """How much of the study is there."""
        study = self.share.study
        return f"{counted(study.n_series, 'series')}, {counted(study.n_instances, 'image')}"

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


def shares_made_by(
    by: Actor,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    taken_over: bool = False,
    filters: ShareFilters = EVERYTHING,
) -> SentPage[SentShare]:
    """The person's shares, or those they took over from someone who left. Raises NoSuchPage."""
    own = _own_shares(by, Q(taken_over__keeper=by.person) if taken_over else None)
    shares, newer, older = page_of(_filtered(own, by, filters), before, after, own)
    now = clock.now()
    rights = permissions.rights_to_end(by, shares)
    return SentPage(_sent_shares(shares, now, rights), newer, older)


def every_share_made_by(by: Actor, now: datetime, filters: ShareFilters = EVERYTHING) -> Iterator[SentShare]:
    """All of the person's shares, newest first, a batch at a time; whether they may be ended is left open."""
    last: int | None = None
    while True:
        rows = _filtered(_own_shares(by), by, filters).order_by("-pk")
        batch = list((rows if last is None else rows.filter(pk__lt=last))[:BATCH])
        yield from _sent_shares(batch, now, None)
        if len(batch) < BATCH:
            return
        last = batch[-1].pk


def share_made_by(by: Actor, share: UUID) -> SentShare | None:
    """One of the person's own shares, or of those they took over, as the list shows it."""
    theirs = Q(shared_by=by.person) | Q(taken_over__keeper=by.person)
    own = list(_own_shares(by, theirs).filter(uuid=share))
    sent = _sent_shares(own, clock.now(), permissions.rights_to_end(by, own))
    return sent[0] if sent else None


def _own_shares(by: Actor, which: Q | None = None) -> QuerySet[Share]:
    """Those the person made, or `which`."""
    return with_sight(Share.objects.filter(which or Q(shared_by=by.person)), by)


def _filtered(shares: QuerySet[Share], by: Actor, filters: ShareFilters) -> QuerySet[Share]:
    """What became of a share is known, and filtered by, only while the person sees the study."""
    known = Q(Exists(seen_where_made(by)))
    return narrowed(shares, filters, made_states(known), known)


def invitations_sent_by(
    by: Actor, *, before: UUID | None = None, after: UUID | None = None
) -> SentPage[SentInvitation]:
    """The invitations the person made or promised something with. Raises NoSuchPage."""
    promised = Count(
        "shares", filter=Q(shares__shared_by=by.person, shares__to_worklist=None, shares__ended_at=None)
    )
    sent = invitations_of(by).select_related("account", "invited_by").annotate(promised=promised)
    rows, newer, older = page_of(sent, before, after)
    now = clock.now()
    return SentPage([_sent_invitation(row, vars(row)["promised"], now) for row in rows], newer, older)


def _sent_shares(
    shares: Sequence[Share], now: datetime, rights: permissions.RightsToEnd | None
) -> list[SentShare]:
    """`rights`: None leaves open whether they may be ended, and whether images are still arriving."""
    rows = [MadeShare.of(share) for share in shares]
    theirs = [row.share for row in rows if row.seen]
    deliveries = deliveries_of(theirs)
    urgent = urgent_lines(theirs, deliveries, now)
    arriving = still_arriving({share.study_id for share in theirs} if rights is not None else ())
    sent = []
    for row in rows:
        share, delivery = row.share, deliveries.get(row.share.pk)
        standing = standing_of(share, now, delivery, _why_ended, held=row.held)
        may_end = (
            rights is not None
            and standing.state != State.ENDED
            and not rights.refusal(share, home=share.study.home_id)
        )
        is_arriving = share.study_id in arriving and row.seen is not None
        sent.append(
            SentShare(
                share,
                row.seen,
                recipient_of(share),
                standing,
                may_end,
                row.in_original,
                delivery,
                is_arriving,
                urgent.get(share.pk),
            )
        )
    return sent


def _why_ended(share: Share) -> str:
    """For the sharer; where another person ended the share, with their name."""
    reason = Share.EndReason(share.end_reason)
    by_reason = reason == Share.EndReason.ENDED
    if share.ended_by is None or share.ended_by_id == share.shared_by_id:
        return _("by you") if by_reason and share.ended_by is not None else str(reason.label)
    if by_reason:
        return _("by %(name)s") % {"name": share.ended_by.name}
    return _("%(reason)s by %(name)s") % {"reason": reason.label, "name": share.ended_by.name}


def _sent_invitation(invitation: Invitation, promised: int, now: datetime) -> SentInvitation:
    if invitation.accepted_at is not None:
        return SentInvitation(invitation, _("Registered"), "good", promised, False)
    if invitation.withdrawn_at is not None:
        return SentInvitation(invitation, _("Withdrawn"), "neutral", promised, False)
    if invitation.expires_at <= now:
        return SentInvitation(invitation, _("Expired"), "warn", promised, True)
    return SentInvitation(invitation, _("Pending"), "waiting", promised, True)
