"""What audit events record of an invitation and of a person."""

from typing import Any

from accounts.models import Invitation, User
from audit.services import On


def on_invitation(invitation: Invitation, **more: Any) -> On:
    """For an action on an invitation; select `account` with it."""
    account = invitation.account
    detail = {"address": invitation.email, **more.pop("detail", {})}
    return On(
        account_id=invitation.account_id,
        account_label=account.name if account is not None else "",
        invitation_uuid=invitation.uuid,
        detail=detail,
        **more,
    )


def on_user(user: User, **detail: Any) -> On:
    """For an action on a person that belongs to no account."""
    return On(detail={"person_id": user.pk, "person": f"{user.name} <{user.email}>", **detail})
