"""The live shares that hold a study on a worklist, for the pages of `studies`, which has no shares of its own."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db.models import BooleanField, Case, Exists, F, Min, OuterRef, Q, Subquery, When, Window
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest

from audit.actions import Action
from audit.history import name_in
from audit.models import AuditEvent
from common import prepared
from sharing.models import Method, Share
from sharing.selectors.deliveries import REPORTS, deliveries_of
from sharing.selectors.urgent import UrgentLine, urgent_lines
from studies.models import Placement
from worklists.models import Worklist

MOST_SHOWN = 20
# Take the place of the keys while the statement is composed.
_WORKLISTS, _STUDIES = "?worklists", "?studies"


class FirstShare(NamedTuple):
    """Who shared a study, and from where: the names alone, for a list has fifty of them."""

    study_id: int
    shared_by: str
    account_id: int | None
    account: str | None
    worklist: str
    kind: str
    to_worklist_id: int | None = None
    # The first time by which an urgent study is to be opened here, while no one has opened it.
    open_by: datetime | None = None

    @property
    def is_personal(self) -> bool:
        return self.kind == Worklist.Kind.PERSONAL


def first_shares(placements: Iterable[Placement]) -> dict[tuple[int | None, int], FirstShare]:
    """For each study that is not at home on its worklist the first share that brought it, by both: one statement at
    most."""
    shared = {
        (placement.worklist_id, placement.study_id) for placement in placements if not placement.is_home
    }
    if not shared:
        return {}
    worklists, studies = (list({pair[at] for pair in shared}) for at in (0, 1))
    sql, parameters = _first_shares()
    values = prepared.filled(parameters, {_WORKLISTS: worklists, _STUDIES: studies})
    rows = prepared.rows(sql, values)
    return {(share.to_worklist_id, share.study_id): share for share in map(FirstShare._make, rows)}


@cache
def _first_shares() -> tuple[str, tuple[Any, ...]]:
    """Composed once in a process: composing and planning took longer than the answer, on every page of a list."""
    any_of = "sharing_share.{} = ANY(%s::bigint[])"
    here = Share.objects.carrying().filter(
        RawSQL(any_of.format("to_worklist_id"), [_WORKLISTS], BooleanField()),
        RawSQL(any_of.format("study_id"), [_STUDIES], BooleanField()),
    )
    waiting = Window(Min(_unopened()), partition_by=[F("study_id"), F("to_worklist_id")])
    first = (
        here.annotate(waiting=waiting)
        .order_by("study_id", "to_worklist_id", "id")
        .distinct("study_id", "to_worklist_id")
    )
    rows = first.values_list(
        "study_id",
        "shared_by__name",
        "from_worklist__account_id",
        "from_worklist__account__name",
        "from_worklist__name",
        "from_worklist__kind",
        "to_worklist_id",
        "waiting",
    )
    return prepared.composed(rows)


def urgent_and_unopened() -> Exists:
    """Of a placement: whether a share that holds the study there is urgent, and no one has opened it yet."""
    urgent = Share.objects.carrying().filter(
        open_by__isnull=False, to_worklist=OuterRef("worklist"), study=OuterRef("study")
    )
    return Exists(urgent.alias(waiting=_unopened()).filter(waiting__isnull=False))


def _unopened() -> Case:
    """Of an urgent share its time, while no opening is recorded that counts, as `sharing.delivery.fold` has it.

    Other shares ask for no events.
    """
    events = AuditEvent.objects.filter(
        worklist_id=OuterRef("to_worklist"),
        study_id=OuterRef("study"),
        outcome="success",
        at__gte=Greatest(OuterRef("shared_at"), OuterRef("approved_at")),
        by_id__isnull=False,
    ).exclude(by_id=OuterRef("shared_by"))
    images = Q(action__in=[Action.IMAGES_SERVED, Action.STUDY_DOWNLOAD])
    reports = Q(action=Action.STUDY_OPEN, detail__page__in=[str(kind) for kind in REPORTS])
    # Where the sharer does not learn what was opened, the first opening counts.
    outside = Q(action=Action.STUDY_OPEN)
    by_email = Exists(events.filter(images | outside))
    inside = Exists(events.filter(images | reports | outside & Q(in_original=False)))
    return Case(
        When(open_by=None, then=None),
        When(Q(method=Method.EMAIL) & by_email, then=None),
        When(~Q(method=Method.EMAIL) & inside, then=None),
        default=F("open_by"),
    )


class UrgentHere(NamedTuple):
    """What the page of a study says of an urgent share: how it is, and who shared it."""

    line: UrgentLine
    shared_by: str


class ShareHere(NamedTuple):
    """A share that holds a study here, and when and by whom its receipt was first acknowledged."""

    share: Share
    acknowledged_at: datetime | None
    acknowledged_by: str | None

    @classmethod
    def of(cls, share: Share) -> "ShareHere":
        read = vars(share)
        return cls(share, read["acknowledged_at"], read["acknowledged_by"])


def urgent_here(shares: Sequence[ShareHere], now: datetime) -> UrgentHere | None:
    """Of the urgent shares that hold a study here the one that is to be opened first. `shares` as `shares_of`."""
    urgent = [here.share for here in shares if here.share.open_by is not None]
    if not urgent:
        return None
    lines = urgent_lines(urgent, deliveries_of(urgent), now)
    first = min(urgent, key=lambda share: (not lines[share.pk].urgency.is_open, lines[share.pk].at))
    return UrgentHere(lines[first.pk], first.shared_by.name)


def shares_of(placement: Placement) -> Sequence[ShareHere]:
    """Those that hold one study here, the first ones first."""
    if placement.is_home:
        return []
    shares = Share.objects.carrying().filter(to_worklist=placement.worklist, study=placement.study_id)
    named = shares.select_related("shared_by", "from_worklist__account", "from_worklist__owner")
    shown = named.annotate(**acknowledgement()).order_by("id")[:MOST_SHOWN]
    return [ShareHere.of(share) for share in shown]


def acknowledgement() -> dict[str, Subquery]:
    """Of a share when its receipt was first acknowledged and by whom, as `sharing.delivery.fold` has it."""
    first = AuditEvent.objects.filter(
        worklist_id=OuterRef("to_worklist"),
        study_id=OuterRef("study"),
        action=Action.SHARE_ACKNOWLEDGE,
        at__gte=OuterRef("shared_at"),
    )
    first = first.filter(at__gte=OuterRef("approved_at")).exclude(by_id=OuterRef("shared_by")).order_by("pk")
    return {
        "acknowledged_at": Subquery(first.values("at")[:1]),
        "acknowledged_by": Subquery(first.values("by_label")[:1]),
    }


class Acknowledgement(NamedTuple):
    """What the study's page offers the recipient: to acknowledge, or who did and when."""

    waits: bool
    at: datetime | None = None
    who: str = ""


def acknowledgement_of(shares: Iterable[ShareHere], person: int | None) -> Acknowledgement | None:
    """`shares` as `shares_of` reads them; None where no one else shared the study with this worklist."""
    others = [here for here in shares if here.share.shared_by_id != person]
    if not others:
        return None
    moments = [
        (here.acknowledged_at, here.acknowledged_by or "")
        for here in others
        if here.acknowledged_at is not None
    ]
    if len(moments) < len(others):
        return Acknowledgement(True)
    at, label = max(moments)
    return Acknowledgement(False, at, name_in(label))
