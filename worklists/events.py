"""What an audit event records of an account or a worklist: the ids and labels that outlive it."""

from typing import Any

from accounts.models import Account, Role, User
from audit.services import On
from worklists.models import Worklist


def on_account(account: Account | None, **detail: Any) -> On:
    """For a change of an account as a whole; without an account, of the platform."""
    if account is None:
        return On(detail=detail)
    return On(account_id=account.pk, account_label=account.name, detail=detail)


def on_worklist(worklist: Worklist, **detail: Any) -> On:
    """For a change or a read of a worklist as a whole; select `account` and `owner` with it."""
    return on_worklist_with(worklist, detail=detail)


def on_worklist_with(worklist: Worklist, **fields: Any) -> On:
    """The same with further fields of the event beside its detail."""
    return On(
        account_id=worklist.account_id,
        account_label=worklist.account.name if worklist.account is not None else "",
        worklist_id=worklist.pk,
        worklist_label=worklist.label,
        **fields,
    )


def acting_as(role: Role | None) -> dict[str, Any]:
    """A role for an event's detail: its name for people, its key for the replay of who could do what at a moment."""
    return {"role": role.name if role is not None else "", "role_id": role.pk if role is not None else None}


def about(user: User) -> dict[str, Any]:
    """Whom a change was about, for an event's detail."""
    return {"person_id": user.pk, "person": user.name, "email": user.email}
