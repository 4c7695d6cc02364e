"""Who people are, where they work, whom we invited, and the mail that waits."""

from accounts.models.account import Account, AccountMembership, Role
from accounts.models.invitation import Invitation
from accounts.models.outbox import OutboxMail
from accounts.models.user import User

__all__ = ["Account", "AccountMembership", "Invitation", "OutboxMail", "Role", "User"]
