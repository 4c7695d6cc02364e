"""What may be read of people and invitations."""

from collections.abc import Iterable
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import Account, Invitation, OutboxMail, User
from common.text import identity, same


def users_at(addresses: Iterable[str]) -> dict[str, User]:
    """For each address somebody has proved to be theirs, that person, active or not."""
    wanted = {identity(address) for address in addresses}
    proved = EmailAddress.objects.filter(email__in=wanted, verified=True).select_related("user")
    return {address.email: address.user for address in proved}


def is_registered(address: str) -> bool:
    """Whether anybody signs in with this address or has proved it to be theirs."""
    tidied = identity(address)
    return (
        User.objects.filter(same("email", address)).exists()
        or EmailAddress.objects.filter(email=tidied, verified=True).exists()
    )


def proved_addresses(user: User) -> list[str]:
    """The addresses this person has shown to be theirs."""
    return list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))


def waiting_invitation(
    *, address: str, account: Account | None = None, by_user: User | None = None
) -> Invitation | None:
    """The one un-ended invitation of an account or user to an address, expired or not."""
    return Invitation.objects.filter(
        address=identity(address), account=account, by_user=by_user, withdrawn_at=None, accepted_at=None
    ).first()


def claimable_invitations(addresses: Iterable[str]) -> QuerySet[Invitation]:
    """Invitations to these addresses that still hold: neither expired, withdrawn nor accepted."""
    wanted = [identity(address) for address in addresses]
    return Invitation.objects.filter(
        address__in=wanted, withdrawn_at=None, accepted_at=None, expires_at__gt=Now()
    ).order_by("pk")


def mails_of_a_code(invitation: Invitation, since: datetime) -> int:
    """How many registration codes were mailed for an invitation since then."""
    return OutboxMail.objects.filter(
        recipient=invitation.address,
        kind="registration_code",
        data__invitation=str(invitation.uuid),
        created_at__gt=since,
    ).count()
