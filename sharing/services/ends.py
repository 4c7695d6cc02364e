"""Ending shares: effective on the next request, with every share that depended on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from audit.actor import Actor
from common.exceptions import NothingThere
from sharing import permissions, selectors
from sharing.models import Share
from sharing.services import settling


@dataclass(frozen=True)
class EndReport:
    """How many shares were ended by hand, how many had ended already, how many ended with them."""

    ended: int
    ended_already: int
    ended_with_them: int


@transaction.atomic
def end_shares(*, shares: Sequence[UUID], by: Actor) -> EndReport:
    """End shares where they were made from, or at home. Raises NothingThere and PermissionDenied."""
    seen = selectors.shares_seen_by(by).filter(uuid__in=shares)
    chosen = list(seen.select_related("study", "from_worklist__owner"))
    if not chosen:
        raise NothingThere
    permissions.check_end(by, chosen)
    graphs, now = settling.locked_graphs({share.study_id for share in chosen})
    pks = {share.pk for share in chosen}
    ending = [share for graph in graphs.values() for share in graph.shares if share.pk in pks]
    with_them = settling.end(ending, graphs, now, reason=Share.EndReason.ENDED, by=by)
    return EndReport(len(ending), len(chosen) - len(ending), len(with_them))
