"""Who people are, where they work, whom we invited, the mail that waits, and what is counted."""

from accounts.models.account import Account, AccountMembership, Role
from accounts.models.invitation import Invitation
from accounts.models.outbox import OutboxMail
from accounts.models.tally import Tally
from accounts.models.user import User

__all__ = ["Account", "AccountMembership", "Invitation", "OutboxMail", "Role", "Tally", "User"]
