"""The live shares that hold a study on a worklist, for the pages of `studies`, which knows no shares."""

from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from sharing.models import Share
from studies.models import Placement
from worklists.models import Worklist

MOST_SHOWN = 20


def first_shares(worklist: Worklist, placements: Iterable[Placement]) -> dict[int, Share]:
    """For each study that is not at home here the first share that brought it: one statement at most."""
    study_ids = {placement.study_id for placement in placements if not placement.is_home}
    if not study_ids:
        return {}
    found = _bringing(worklist).filter(study__in=study_ids).order_by("study_id", "id").distinct("study_id")
    return {share.study_id: share for share in found}


def shares_of(placement: Placement) -> Sequence[Share]:
    """Those that hold one study here, the first ones first."""
    if placement.is_home:
        return []
    return list(_bringing(placement.worklist).filter(study=placement.study_id).order_by("id")[:MOST_SHOWN])


def _bringing(worklist: Worklist) -> QuerySet[Share]:
    live = Q(expires_at=None) | Q(expires_at__gt=Now())
    return Share.objects.filter(
        live, to_worklist=worklist, ended_at=None, approved_at__isnull=False
    ).select_related("shared_by", "from_worklist__account", "from_worklist__owner")
