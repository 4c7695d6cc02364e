"""Rows that the tests of services read again."""

from accounts.models import Account, AccountMembership, User
from audit.models import AuditEvent


def last_event() -> AuditEvent:
    return AuditEvent.objects.latest("pk")


def member(user: User, account: Account) -> AccountMembership:
    return AccountMembership.objects.get(user=user, account=account)
