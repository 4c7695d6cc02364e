"""What an audit event says of an invitation, and of somebody who is not signed in."""

from dataclasses import dataclass
from typing import Any

from accounts.models import Invitation, User
from audit.services import On


@dataclass(frozen=True)
class Stranger:
    """Somebody who acts without being signed in: the holder of a link, a failed sign-in."""

    label: str
    pk: None = None
    name: str = ""
    email: str = ""

    def __str__(self) -> str:
        return self.label


NOT_SIGNED_IN = Stranger("Someone not signed in")


def on_invitation(invitation: Invitation, **more: Any) -> On:
    """For a deed on an invitation; select `account` with it."""
    account = invitation.account
    detail = {"address": invitation.address, **more.pop("detail", {})}
    return On(
        account_id=invitation.account_id,
        account_label=account.name if account is not None else "",
        invitation_uuid=invitation.uuid,
        detail=detail,
        **more,
    )


def on_user(user: User, **detail: Any) -> On:
    """For a deed on a person that belongs to no account."""
    return On(detail={"person_id": user.pk, "person": f"{user.name} <{user.email}>", **detail})
