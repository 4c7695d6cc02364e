"""The live shares that hold a study on a worklist, for the pages of `studies`, which has no shares of its own."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sharing.models import Share
from studies.models import Placement
from worklists.models import Worklist

MOST_SHOWN = 20


class FirstShare(NamedTuple):
    """Who shared a study, and from where: the names alone, for a list has fifty of them."""

    study_id: int
    shared_by: str
    account_id: int | None
    account: str | None
    worklist: str
    kind: str

    @property
    def is_personal(self) -> bool:
        return self.kind == Worklist.Kind.PERSONAL


def first_shares(worklist: Worklist, placements: Iterable[Placement]) -> dict[int, FirstShare]:
    """For each study that is not at home here the first share that brought it: one statement at most."""
    study_ids = {placement.study_id for placement in placements if not placement.is_home}
    if not study_ids:
        return {}
    first = (
        Share.objects.carrying()
        .filter(to_worklist=worklist, study__in=study_ids)
        .order_by("study_id", "id")
        .distinct("study_id")
    )
    rows = first.values_list(
        "study_id",
        "shared_by__name",
        "from_worklist__account_id",
        "from_worklist__account__name",
        "from_worklist__name",
        "from_worklist__kind",
    )
    return {share.study_id: share for share in map(FirstShare._make, rows)}


def shares_of(placement: Placement) -> Sequence[Share]:
    """Those that hold one study here, the first ones first."""
    if placement.is_home:
        return []
    shares = Share.objects.carrying().filter(to_worklist=placement.worklist, study=placement.study_id)
    named = shares.select_related("shared_by", "from_worklist__account", "from_worklist__owner")
    return list(named.order_by("id")[:MOST_SHOWN])
