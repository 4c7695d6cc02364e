"""Who is told of a press: one mail for each recipient, to people and invited addresses who want one."""

from collections.abc import Collection
from uuid import UUID

from accounts.models import Invitation, User
from accounts.services.outbox import queue_mails
from sharing.models import Share
from worklists import access
from worklists.models import MailTick, Worklist


def tell(*, press: UUID, shares: Collection[Share], shared_by: User) -> None:
    """Queue the mails of one press. What awaits approval is told when it is approved."""
    reached = {
        share.to_worklist_id for share in shares if share.to_worklist_id and share.approved_at is not None
    }
    readers = _readers(reached) - {shared_by.pk}
    people = User.objects.filter(pk__in=readers, is_active=True).order_by("pk").values_list("pk", "email")
    queue_mails(
        kind="study_shared",
        to=[(email, {"press": str(press), "user": pk}) for pk, email in people],
    )
    promised = {
        share.invitation_id for share in shares if share.to_worklist_id is None and share.invitation_id
    }
    invited = Invitation.objects.filter(pk__in=promised).order_by("pk").values_list("pk", "address")
    queue_mails(
        kind="invitation",
        to=[
            (address, {"press": str(press), "invitation": pk})
            for pk, address in (invited if promised else ())
        ],
    )


def _readers(worklist_ids: set[int]) -> set[int]:
    """The owners of personal worklists, unless they said no; elsewhere the members who said yes."""
    said = dict[tuple[int, int], bool]()
    for user_id, worklist_id, wanted in MailTick.objects.filter(worklist__in=worklist_ids).values_list(
        "user", "worklist", "wanted"
    ):
        said[user_id, worklist_id] = wanted
    readers: set[int] = set()
    for worklist in Worklist.objects.filter(pk__in=worklist_ids):
        if worklist.owner_id is not None:
            if said.get((worklist.owner_id, worklist.pk), True):
                readers.add(worklist.owner_id)
        elif yes := {user for (user, where), wanted in said.items() if wanted and where == worklist.pk}:
            members = access.people_with("list_studies", worklist).filter(pk__in=yes)
            readers.update(members.values_list("pk", flat=True))
    return readers
