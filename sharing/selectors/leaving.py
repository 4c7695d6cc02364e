"""What would end if a person left an account: in numbers, before it is done."""

from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import AccountMembership
from audit import clock
from sharing.graph import load_graphs
from sharing.models import Method, Share
from worklists.models import Worklist
from worklists.selectors import worklists_of_member


@dataclass(frozen=True)
class Leaving:
    """The physician shares that end (of how many studies), the onward shares that end with them, and the worklists.

    `kept` is how many of the studies stay with the person by other shares.
    """

    shares: int
    studies: int
    onward: int
    kept: int
    worklists: list[Worklist]


def given_by(membership: AccountMembership) -> QuerySet[Share]:
    """The un-ended shares that a person has as a member: made to them from the account's directory."""
    return Share.objects.unended().filter(
        to_worklist__owner=membership.user_id, account=membership.account_id, method=Method.PHYSICIAN
    )


def what_ends_by_leaving(membership: AccountMembership) -> Leaving:
    """What `sharing.services.leave_account` would end now; the same for a deleted and an inactive membership."""
    own = Worklist.objects.get(owner=membership.user_id)
    given = set(given_by(membership).values_list("pk", "study_id"))
    graphs, pks = load_graphs({study_id for _, study_id in given}), {pk for pk, _ in given}
    now = clock.now()
    shares = studies = onward = kept = 0
    for graph in graphs.values():
        chosen = [share for share in graph.shares if share.pk in pks and graph.is_live(share, now)]
        if not chosen:
            continue
        after = graph.without(chosen)
        shares += len(chosen)
        studies += 1
        kept += after.at(own.pk).exists > now
        gone = {share.pk for share in chosen}
        onward += sum(
            share.pk not in gone and graph.is_live(share, now) and not after.is_live(share, now)
            for share in graph.shares
        )
    return Leaving(shares, studies, onward, kept, worklists_of_member(membership))
