"""Members of an account who are in a list of invitations: they agreed before, and get the worklists at once."""

from collections.abc import Sequence

from accounts.models import Account
from audit.actions import Action
from audit.actor import Actor
from audit.services import event, record_all
from worklists import access
from worklists.events import about, acting_as, on_worklist
from worklists.models import Worklist, WorklistMembership
from worklists.services.staff_offers import Answer


def add_members(answers: Sequence[Answer], account: Account, by: Actor) -> None:
    """In the transaction and under the locks of `invite_members`, which has checked what these answers give."""
    added = [
        (answer.member.user, worklist, role)
        for answer in answers
        if answer.member is not None
        for worklist, role in answer.adds
    ]
    if not added:
        return
    WorklistMembership.objects.bulk_create(
        WorklistMembership(worklist=worklist, user=user, account=account, role=role)
        for user, worklist, role in added
    )
    places = Worklist.objects.with_names().in_bulk({worklist.pk for _user, worklist, _role in added})
    access.sync(account=account, worklists=places, users={user.pk for user, _worklist, _role in added})
    record_all(
        event(
            Action.WORKLIST_MEMBER_ADD,
            by=by,
            on=on_worklist(places[worklist.pk], **about(user), **acting_as(role)),
        )
        for user, worklist, role in added
    )
