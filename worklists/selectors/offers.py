"""The memberships that accounts offer a person, and those that the person has."""

from django.db.models import QuerySet

from accounts.models import AccountMembership, Invitation, User
from accounts.selectors import proved_emails
from worklists.models import InvitedMembership


def offers_to(user: User) -> QuerySet[InvitedMembership]:
    """The memberships that wait for the person's answer: offered to an email that they have proved, not expired."""
    open_invitations = Invitation.objects.claimable().filter(email__in=proved_emails(user))
    return InvitedMembership.objects.waiting().filter(invitation__in=open_invitations)


def offers_with_names(user: User) -> QuerySet[InvitedMembership]:
    """The same for a page."""
    rows = offers_to(user).select_related("invitation", "account", "role", "offered_by")
    return rows.prefetch_related("worklists__worklist", "worklists__role").order_by("account__name", "pk")


def inactive_accounts(user: User) -> list[str]:
    """The names of the accounts in which the person is an inactive member."""
    return [row.account.name for row in own_memberships(user).filter(active=False)]


def own_memberships(user: User) -> QuerySet[AccountMembership]:
    """The person's memberships of accounts, active or not."""
    return (
        AccountMembership.objects.filter(user=user)
        .select_related("account", "role")
        .order_by("account__name", "pk")
    )
