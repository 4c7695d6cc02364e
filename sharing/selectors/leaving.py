"""What would go if a person left an account: said in numbers before it is done."""

from dataclasses import dataclass

from accounts.models import AccountMembership
from audit import clock
from sharing import graph
from sharing.models import Method, Share
from worklists.models import Worklist
from worklists.selectors import worklists_of_member


@dataclass(frozen=True)
class Leaving:
    """The physician shares that end (of how many studies), the onward shares that fall with them, and the worklists.

    `kept` is how many of the studies stay with the person by other shares.
    """

    shares: int
    studies: int
    onward: int
    kept: int
    worklists: list[Worklist]


def what_ends_by_leaving(membership: AccountMembership) -> Leaving:
    """What `sharing.services.leave_account` would end now; the same whether the membership goes or is inactive."""
    own = Worklist.objects.get(owner=membership.user_id)
    lost = Share.objects.filter(
        to_worklist=own, account=membership.account_id, method=Method.PHYSICIAN, ended_at=None
    )
    graphs = graph.load(set(lost.values_list("study_id", flat=True)))
    now = clock.now()
    shares = studies = onward = kept = 0
    for one in graphs.values():
        chosen = [
            share
            for share in one.shares
            if share.to_worklist_id == own.pk
            and share.account_id == membership.account_id
            and share.method == Method.PHYSICIAN
            and one.is_live(share, now)
        ]
        if not chosen:
            continue
        after = one.without(chosen)
        shares += len(chosen)
        studies += 1
        kept += after.at(own.pk).exists > now
        gone = {share.pk for share in chosen}
        onward += sum(
            share.pk not in gone and one.is_live(share, now) and not after.is_live(share, now)
            for share in one.shares
        )
    return Leaving(shares, studies, onward, kept, worklists_of_member(membership))
