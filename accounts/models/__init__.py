"""People, accounts and roles, invitations, the outbox, and the counts of limits."""

from accounts.models.account import Account, AccountMembership, Role
from accounts.models.invitation import Invitation
from accounts.models.life import LifePolicy
from accounts.models.outbox import OutboxMail
from accounts.models.provider import IdentityProvider, ProviderDomain
from accounts.models.tally import Tally
from accounts.models.user import User

__all__ = [
    "Account", "AccountMembership", "IdentityProvider", "Invitation", "LifePolicy", "OutboxMail", "ProviderDomain",
    "Role", "Tally", "User",
]  # fmt: skip
