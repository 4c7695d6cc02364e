"""The register of an account: every share from and to its worklists, and those of its studies that were made inside.

No patient is named to a reader who does not see the study on a worklist of the account; a note is shown to no one here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.models import Account
from audit import clock
from audit.actor import Actor
from sharing import permissions
from sharing.delivery import Delivery
from sharing.models import Share
from sharing.models.share import ShareQuerySet
from sharing.selectors.access import last_moment
from sharing.selectors.deliveries import DeliveryLine, deliveries_of, lines_of
from sharing.selectors.pages import SentPage, page_of
from sharing.selectors.recipients import RECIPIENT, Recipient, recipient_of
from sharing.selectors.share_filters import EVERYTHING, ShareFilters, made_states, narrowed
from sharing.selectors.standings import standing_of
from sharing.states import Standing, State
from studies.models import Placement, Study
from studies.selectors import placements_visible_to

BATCH = 1_000


class _Row(NamedTuple):
    """A share as the query reads it: a line's placements, and whether the study is still where it was made from."""

    share: Share
    seen: UUID | None
    trail: UUID | None
    held: bool

    @classmethod
    def of(cls, share: Share) -> "_Row":
        read = vars(share)
        return cls(share, read["seen"], read["trail"], read["held"])


@dataclass(frozen=True)
class RegisterLine:
    """A share of the register. `placement` where the reader sees the study; `trail` where the account has it still."""

    share: Share
    placement: UUID | None
    trail: UUID | None
    target: Recipient
    shared_by: str
    # Tells people of other accounts apart, as the audit trail does.
    about_sharer: str
    standing: Standing
    delivery: Delivery
    account_id: int
    may_end: bool

    @property
    def study(self) -> Study | None:
        return self.share.study if self.placement is not None else None

    @property
    def last_day(self) -> datetime | None:
        return last_moment(self.share.expires_at)

    @property
    def delivered(self) -> list[DeliveryLine]:
        return lines_of(self.share, self.delivery, reader=self.account_id)


def register_page(
    account: Account,
    by: Actor,
    *,
    before: UUID | None = None,
    after: UUID | None = None,
    filters: ShareFilters = EVERYTHING,
) -> SentPage[RegisterLine]:
    """Raises NoSuchPage."""
    whole = _registered(account, by, EVERYTHING)
    fitting = _registered(account, by, filters) if filters.named() else whole
    shares, newer, older = page_of(fitting, before, after, whole)
    rights = permissions.rights_to_end(by, shares)
    return SentPage(_lines(shares, account, clock.now(), rights), newer, older)


def whole_register(
    account: Account, by: Actor, now: datetime, filters: ShareFilters
) -> Iterator[RegisterLine]:
    """Newest first, a batch at a time; whether they may be ended is left open."""
    last: int | None = None
    while True:
        rows = _registered(account, by, filters).order_by("-pk")
        batch = list((rows if last is None else rows.filter(pk__lt=last))[:BATCH])
        yield from _lines(batch, account, now, None)
        if len(batch) < BATCH:
            return
        last = batch[-1].pk


def _registered(account: Account, by: Actor, filters: ShareFilters) -> QuerySet[Share]:
    """What of a filter never changes is in the register's own row, so that an index has it."""
    fixed: dict[str, Any] = {"registered__account": account}
    if filters.method:
        fixed["registered__method"] = filters.method
    if filters.outside:
        fixed["registered__is_outside"] = True
    here = Placement.objects.visible().filter(study=OuterRef("study"), worklist__account=account)
    seen = placements_visible_to(by).filter(study=OuterRef("study"), worklist__account=account)
    rows = (
        Share.objects.filter(**fixed)
        .select_related(
            "study",
            "shared_by",
            "from_worklist__account",
            "from_worklist__owner",
            "invitation",
            "approved_by",
            "ended_by",
            *RECIPIENT,
        )
        .annotate(
            seen=Subquery(seen.order_by("-is_home", "pk").values("uuid")[:1]),
            trail=Subquery(here.order_by("-is_home", "pk").values("uuid")[:1]),
            held=ShareQuerySet.source_is_visible(),
        )
    )
    return narrowed(rows, replace(filters, method="", outside=False), made_states())


def _lines(
    shares: Sequence[Share],
    account: Account,
    now: datetime,
    rights: permissions.RightsToEnd | None,
) -> list[RegisterLine]:
    deliveries = deliveries_of(shares)
    lines = []
    for share, seen, trail, held in map(_Row.of, shares):
        standing = standing_of(share, now, deliveries[share.pk], _why_ended, held=held)
        may_end = (
            rights is not None
            and standing.state != State.ENDED
            and not rights.refusal(share, home=share.study.home_id)
        )
        lines.append(
            RegisterLine(
                share,
                seen,
                trail,
                recipient_of(share),
                share.shared_by.name,
                _about_sharer(share, account),
                standing,
                deliveries[share.pk],
                account.pk,
                may_end,
            )
        )
    return lines


def _about_sharer(share: Share, account: Account) -> str:
    """A colleague's own worklist has no account, and the share names the account in whose directory they are."""
    if account.pk in {share.from_worklist.account_id, share.account_id}:
        return ""
    return " · ".join([share.shared_by.email.rpartition("@")[2], f"P{share.shared_by_id}"])


def _why_ended(share: Share) -> str:
    reason = str(Share.EndReason(share.end_reason).label)
    return f"{reason} ({share.ended_by.name})" if share.ended_by is not None else reason
