"""What was shared with a person, by name or by email, newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from audit import clock
from audit.actor import Actor
from sharing.models import Share
from sharing.models.share import ShareQuerySet
from sharing.selectors.access import last_moment
from sharing.selectors.deliveries import deliveries_of
from sharing.selectors.incoming import acknowledgement
from sharing.selectors.pages import SentPage, page_of
from sharing.selectors.share_filters import EVERYTHING, ShareFilters, narrowed, received_states
from sharing.selectors.urgent import UrgentLine, urgent_lines
from sharing.states import State
from studies.models import Study
from studies.selectors import placements_visible_to
from worklists.models import Worklist


class _Row(NamedTuple):
    """A share as the query reads it: the person's placement, and whether the study is still where it was made from."""

    share: Share
    seen: UUID | None
    held: bool
    acknowledged_at: datetime | None

    @classmethod
    def of(cls, share: Share) -> "_Row":
        read = vars(share)
        return cls(share, read["seen"], read["held"], read["acknowledged_at"])


@dataclass(frozen=True)
class ReceivedShare:
    """A share with the person. `study` and `placement` only while they have the study, by this share or another."""

    share: Share
    placement: UUID | None
    standing: State
    acknowledged_at: datetime | None
    urgent: UrgentLine | None = None

    @property
    def state(self) -> str:
        return self.standing.word

    @property
    def tone(self) -> str:
        return self.standing.tone

    @property
    def may_acknowledge(self) -> bool:
        return self.standing == State.NOT_ACKNOWLEDGED and self.placement is not None

    @property
    def study(self) -> Study | None:
        return self.share.study if self.placement is not None else None

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.share.expires_at)


def shares_received_by(
    by: Actor,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    filters: ShareFilters = EVERYTHING,
) -> SentPage[ReceivedShare]:
    """The approved shares with the person's own worklist, ended ones too. Raises NoSuchPage."""
    received = _received(by)
    fitting = narrowed(received, filters, received_states())
    shares, newer, older = page_of(fitting, before, after, received)
    now = clock.now()
    urgent = _urgent(shares, now)
    return SentPage(
        [_received_share(_Row.of(share), now, urgent.get(share.pk)) for share in shares], newer, older
    )


def _urgent(shares: Sequence[Share], now: datetime) -> dict[int, UrgentLine]:
    wanted = [share for share in shares if share.open_by is not None]
    return urgent_lines(wanted, deliveries_of(wanted), now) if wanted else {}


def _received(by: Actor) -> QuerySet[Share]:
    own = Worklist.objects.filter(owner=by.person).values("pk")
    seen = placements_visible_to(by).filter(study=OuterRef("study"), worklist=OuterRef("to_worklist"))
    return (
        Share.objects.filter(to_worklist__in=own, approved_at__isnull=False)
        .select_related("study", "shared_by", "from_worklist__account", "from_worklist__owner")
        .annotate(
            seen=Subquery(seen.values("uuid")[:1]),
            held=ShareQuerySet.source_is_visible(),
            **acknowledgement(),
        )
    )


def _received_share(row: _Row, now: datetime, urgent: UrgentLine | None) -> ReceivedShare:
    share, acknowledged = row.share, row.acknowledged_at
    is_over = share.expires_at is not None and share.expires_at <= now
    if share.ended_at is not None or is_over or not row.held:
        standing = State.ENDED
    else:
        standing = State.ACKNOWLEDGED if acknowledged is not None else State.NOT_ACKNOWLEDGED
    return ReceivedShare(share, row.seen, standing, acknowledged, urgent)
