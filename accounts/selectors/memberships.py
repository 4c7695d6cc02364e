"""The accounts that a person belongs to."""

from accounts.models import Account, User


def accounts_of_member(user: User) -> list[Account]:
    """Those where the person is an active member, by name."""
    mine = Account.objects.filter(memberships__user=user, memberships__active=True)
    return list(mine.order_by("name", "pk"))
