"""How often a person may ask about addresses and have invitations mailed again.

Called before a deed, outside its transaction (see `tallies.consume`), once it is known that the person may see what it
is about: whoever may not uses up nothing.
"""

from datetime import timedelta

from django.core.exceptions import ValidationError

from accounts.models import Invitation, User
from accounts.services import tallies

HOUR = timedelta(hours=1)
MOST_ADDRESSES = 1000
MOST_MAILS = 100
MOST_MAILS_OF_ONE = 5

TOO_MANY_ADDRESSES = (
    f"At most {MOST_ADDRESSES:,} addresses an hour can be looked up or invited. "
    "Nobody was invited; try again later."
)
TOO_MANY_MAILS = (
    f"You had {MOST_MAILS} invitations mailed again within the hour. No mail was sent; try again later."
)
TOO_MANY_OF_ONE = (
    f"This invitation was mailed {MOST_MAILS_OF_ONE} times within the hour. "
    "No mail was sent; try again later."
)


def may_ask_about(*, by: User, addresses: int) -> bool:
    """Count these addresses; False, and none is counted, where they are more than is left of the hour's."""
    key = f"invitations looked at by person {by.pk}"
    return tallies.consume(key=key, amount=addresses, limit=MOST_ADDRESSES, per=HOUR)


def count_mail(*, invitation: Invitation, by: User) -> None:
    """Count one more mail of an invitation; raises the sentence where it is one too many."""
    # The person first: whoever is refused takes nothing from what is left of the invitation's for others.
    if not tallies.consume(key=f"mails again by person {by.pk}", amount=1, limit=MOST_MAILS, per=HOUR):
        raise ValidationError(TOO_MANY_MAILS, code="limited")
    key = f"mails again of invitation {invitation.pk}"
    if not tallies.consume(key=key, amount=1, limit=MOST_MAILS_OF_ONE, per=HOUR):
        raise ValidationError(TOO_MANY_OF_ONE, code="limited")
