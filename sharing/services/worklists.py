"""Deleting a worklist without studies and shares."""

from django.db import transaction
from django.db.models import Q

from audit.actor import Actor
from sharing.models import ShareRule
from sharing.selectors.worklists import why_it_stays
from sharing.services.rules import remove_share_rule
from worklists.models import Worklist
from worklists.services import remove_worklist_without_shares
from worklists.services.common import locked


@transaction.atomic
def delete_worklist(*, worklist: Worklist, by: Actor) -> None:
    """Delete a location or group that is home to no study and has no history of shares, with its memberships.

    No share ends by it: where there is one, or was one, the worklist stays. The account's rules that name the worklist
    are removed first, each with its event. Raises PermissionDenied, and ValidationError with the reason why it stays.
    """
    if worklist.account_id is not None:
        locked(worklist.account_id)
        naming = Q(from_worklist=worklist.pk) | Q(to_worklist=worklist.pk)
        for rule in ShareRule.objects.filter(naming):
            remove_share_rule(rule=rule, by=by)
    remove_worklist_without_shares(worklist=worklist, by=by, veto=why_it_stays)
