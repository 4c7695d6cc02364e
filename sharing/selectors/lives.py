"""What the accounts say of how long a share from a worklist lasts."""

from collections.abc import Collection

from django.db.models import Q

from accounts.models import AccountMembership, LifePolicy
from audit import clock
from sharing.dates import zone_of
from sharing.lives import in_words
from worklists.models import Worklist


def policies_for(worklist: Worklist, methods: Collection[str]) -> list[LifePolicy]:
    """Of the worklist's account; on a personal worklist of every account in which its owner is active."""
    if worklist.account_id is not None:
        speaks = Q(account=worklist.account_id)
    else:
        active = AccountMembership.objects.active().filter(user=worklist.owner_id)
        speaks = Q(account__in=active.values("account"))
    return list(LifePolicy.objects.filter(speaks, method__in=methods))


def lives_in_words(worklist: Worklist, methods: Collection[str], *, changing: bool = False) -> list[str]:
    """A sentence for each of these methods that has a preset or a longest life on this worklist."""
    policies = policies_for(worklist, methods)
    if not policies:
        return []
    now, zone = clock.now(), zone_of(worklist)
    sentences = [in_words(policies, method, now, zone, changing=changing) for method in methods]
    return [sentence for sentence in sentences if sentence]
