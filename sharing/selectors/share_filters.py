"""The filters of the lists of shares: conditions on the rows, so that a filtered page is read as any other.

The database decides a state here, and Python decides it in the lists; a test holds the two against each other.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Greatest, Least, Now

from audit.actions import Action
from audit.models import AuditEvent
from sharing.models import Method, Share
from sharing.models.share import ShareQuerySet
from sharing.states import State
from studies.models.placement import FOREVER

SOON = timedelta(days=7)
OPENINGS = (Action.STUDY_OPEN, Action.IMAGES_SERVED, Action.STUDY_DOWNLOAD)
# Every state but the one of shares that have ended.
CURRENT = "current"


@dataclass(frozen=True, kw_only=True)
class ShareFilters:
    """`state` is a State, or CURRENT; `outside`: the recipient is of no account, or of another one."""

    method: str = ""
    state: str = ""
    outside: bool = False
    unopened: bool = False
    soon: bool = False

    def named(self) -> dict[str, str | bool]:
        """The filters in use, as an event about the read records them."""
        return {name: value for name, value in asdict(self).items() if value}


EVERYTHING = ShareFilters()


def narrowed(
    shares: QuerySet[Share],
    filters: ShareFilters,
    states: Mapping[str, Q],
    known: Q | None = None,
) -> QuerySet[Share]:
    """Those that fit every filter. `known`: the shares of which the reader may know whether they were opened."""
    if filters.method:
        shares = shares.filter(method=filters.method)
    if filters.state:
        shares = shares.filter(states[filters.state])
    if filters.outside:
        shares = shares.filter(outside())
    if filters.unopened:
        shares = shares.filter(known or Q(), ~taken(*OPENINGS))
    if filters.soon:
        shares = shares.filter(live(), expires_at__lte=Now() + SOON)
    return shares


def made_states(known: Q | None = None) -> dict[str, Q]:
    """The states of shares as their sharer sees them, each as a condition."""
    promised = live() & Q(to_worklist=None)
    arrived = live() & Q(to_worklist__isnull=False, approved_at__isnull=False)
    followed = arrived & known if known is not None else arrived
    is_opened, is_acknowledged = taken(*OPENINGS), taken(Action.SHARE_ACKNOWLEDGE)
    return {
        CURRENT: live(),
        State.INVITED: promised & Q(invitation__expires_at__gt=Now()),
        State.INVITATION_EXPIRED: promised & Q(invitation__expires_at__lte=Now()),
        State.AWAITING: live() & Q(to_worklist__isnull=False, approved_at=None),
        State.NOT_OPENED: followed & ~is_acknowledged & ~is_opened,
        State.OPENED: followed & ~is_acknowledged & is_opened,
        State.ACKNOWLEDGED: followed & acknowledged_somewhere() & is_acknowledged,
        State.ENDED: ended(),
    }


def received_states() -> dict[str, Q]:
    """The states of shares as their recipient sees them."""
    is_acknowledged = taken(Action.SHARE_ACKNOWLEDGE)
    return {
        CURRENT: live(),
        State.NOT_ACKNOWLEDGED: live() & ~is_acknowledged,
        State.ACKNOWLEDGED: live() & is_acknowledged,
        State.ENDED: ended(),
    }


def acknowledged_somewhere() -> Q:
    """Says nothing that `taken` does not say. Where little was acknowledged, the database begins there."""
    studies = AuditEvent.objects.filter(action=Action.SHARE_ACKNOWLEDGE, worklist_id__isnull=False)
    return Q(study_id__in=studies.values("study_id"))


def live() -> Q:
    """As `ShareQuerySet.live`: what the clock has ended is not live, although nothing has recorded it yet."""
    return Q(ended_at=None) & ShareQuerySet.unexpired() & Q(ShareQuerySet.source_is_visible())


def ended() -> Q:
    return Q(ended_at__isnull=False) | Q(expires_at__lte=Now()) | ~Q(ShareQuerySet.source_is_visible())


def outside() -> Q:
    """By email; or by a code whose worklist is not of the account that the study was shared from."""
    same = Q(to_worklist__account=F("from_worklist__account"))
    unknown = Q(to_worklist__account=None) | Q(from_worklist__account=None)
    return Q(method=Method.EMAIL) | (Q(method=Method.CODE) & (unknown | ~same))


def taken(*actions: Action) -> Q:
    """Whether someone other than the sharer did this on the recipient's worklist, within the bounds of the share.

    The bounds are those of `delivery.fold`.
    """
    events = AuditEvent.objects.filter(
        worklist_id=OuterRef("to_worklist_id"),
        study_id=OuterRef("study_id"),
        action__in=actions,
        outcome="success",
        at__gte=Greatest(OuterRef("shared_at"), OuterRef("approved_at")),
        at__lte=Coalesce(Least(OuterRef("ended_at"), OuterRef("expires_at")), FOREVER),
        by_id__isnull=False,
    ).exclude(by_id=OuterRef("shared_by_id"))
    return Q(Exists(events), approved_at__isnull=False)
