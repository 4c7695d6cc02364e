"""Reading people and invitations."""

from collections.abc import Iterable
from datetime import datetime

from allauth.account.models import EmailAddress

from accounts.models import Invitation, OutboxMail, User
from common.text import identity, same_email


def users_at(emails: Iterable[str]) -> dict[str, User]:
    """The person, active or not, of each email that a person has proved to be theirs."""
    wanted = {identity(email) for email in emails}
    proved = EmailAddress.objects.filter(email__in=wanted, verified=True).select_related("user")
    return {row.email: row.user for row in proved}


def user_with_email(email: str) -> User | None:
    """Who signs in with this email, or has proved it to be theirs."""
    return User.objects.filter(same_email("email", email)).first() or users_at([email]).get(identity(email))


def is_registered(email: str) -> bool:
    """Whether a person signs in with this email or has proved it to be theirs."""
    tidied = identity(email)
    return (
        User.objects.filter(same_email("email", email)).exists()
        or EmailAddress.objects.filter(email=tidied, verified=True).exists()
    )


def proved_emails(user: User) -> list[str]:
    """The emails that this person has proved to be theirs."""
    return list(EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True))


def mails_of_a_code(invitation: Invitation, since: datetime) -> int:
    """The number of registration codes that were mailed for an invitation since then."""
    return OutboxMail.objects.filter(
        recipient=invitation.email,
        kind="registration_code",
        data__invitation=str(invitation.uuid),
        created_at__gt=since,
    ).count()
