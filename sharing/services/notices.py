"""The mails of a press: a mail for each recipient who wants mail, registered or invited."""

from collections.abc import Collection
from uuid import UUID

from accounts.models import Invitation, User
from accounts.services.outbox import queue_mails
from sharing.models import Share
from worklists.selectors import people_wanting_mail


def queue_notices(*, press: UUID, shares: Collection[Share], shared_by: User) -> None:
    """Queue the mails of one press. A share that awaits approval has its mail when it is approved."""
    reached = {
        share.to_worklist_id for share in shares if share.to_worklist_id and share.approved_at is not None
    }
    people = people_wanting_mail(reached).exclude(pk=shared_by.pk).order_by("pk").values_list("pk", "email")
    queue_mails(
        kind="study_shared",
        to=[(email, {"press": str(press), "user": pk}) for pk, email in people],
    )
    promised = {
        share.invitation_id for share in shares if share.to_worklist_id is None and share.invitation_id
    }
    invited = Invitation.objects.filter(pk__in=promised).order_by("pk").values_list("pk", "email")
    queue_mails(
        kind="invitation",
        to=[(email, {"press": str(press), "invitation": pk}) for pk, email in (invited if promised else ())],
    )
