"""What may be read of people and invitations."""

from collections.abc import Iterable
from datetime import datetime

from allauth.account.models import EmailAddress

from accounts.models import Invitation, OutboxMail, User
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


def mails_of_a_code(invitation: Invitation, since: datetime) -> int:
    """How many registration codes were mailed for an invitation since then."""
    return OutboxMail.objects.filter(
        recipient=invitation.address,
        kind="registration_code",
        data__invitation=str(invitation.uuid),
        created_at__gt=since,
    ).count()
