"""Deleting a worklist without studies and shares."""

from django.db import transaction

from audit.actor import Actor
from sharing.selectors.worklists import why_it_stays
from worklists.models import Worklist
from worklists.services import remove_worklist_without_shares


@transaction.atomic
def delete_worklist(*, worklist: Worklist, by: Actor) -> None:
    """Delete a location or group that is home to no study and has no history of shares, with its memberships.

    No share ends by it: where there is one, or was one, the worklist stays. Raises PermissionDenied, and
    ValidationError with the reason why it stays.
    """
    remove_worklist_without_shares(worklist=worklist, by=by, veto=why_it_stays)
