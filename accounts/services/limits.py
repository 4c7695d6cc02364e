"""How often a person, and an account as a whole, may ask what a code or an address is, or have a mail sent again.

Services call these before their transaction begins (see `tallies.consume`), once it is known that the person may see
what it is about: whoever may not uses up nothing. So no page and no other way in goes past a limit. The site by itself
has none.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError

from accounts.models import Invitation
from accounts.services import tallies
from audit.actor import Actor, Kind

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True)
class Rate:
    """What one person, and all of an account together, may ask within a time."""

    what: str
    person: int
    account: int
    per: timedelta


# Pressing Share Studies does not count as a look-up.
CODES = Rate("codes", person=20, account=300, per=MINUTE)
# An address that is answered `invited` is one nobody has registered (ADR 0004).
ADDRESSES = Rate("addresses", person=200, account=2000, per=HOUR)
MOST_INVITED = 1000
MOST_MAILS = 100
MOST_MAILS_OF_ONE = 5

TOO_MANY_CODES = "Too many look-ups. Wait a minute and try again."
TOO_MANY_CODES_TYPED = "You have tried too many codes. Wait a minute, or generate one."
TOO_MANY_ADDRESSES = (
    "You have entered too many email addresses in the last hour. Nothing was shared. Try again later."
)
TOO_MANY_INVITED = (
    f"You can check or invite at most {MOST_INVITED:,} addresses an hour. "
    "No one was invited. Try again later."
)
TOO_MANY_MAILS = (
    f"You have resent {MOST_MAILS} invitations in the last hour. No email was sent. Try again later."
)
TOO_MANY_OF_ONE = (
    f"This invitation has been sent {MOST_MAILS_OF_ONE} times in the last hour. "
    "No email was sent. Try again later."
)


def may_look_up(*, by: Actor, account: int | None) -> bool:
    """Count one code, looked up or tried on a form; False where it is one too many. `account` is its key."""
    return _consume(CODES, by, account, 1)


def count_emails(*, by: Actor, account: int | None, emails: int) -> None:
    """Count the emails of one press, all or none; raises ValidationError where they are more than is left."""
    if not _consume(ADDRESSES, by, account, emails):
        raise ValidationError(TOO_MANY_ADDRESSES, code="limited")


def count_typed_code(*, by: Actor, account: int | None) -> None:
    """Count one code that is typed for a worklist, which tells whether it is taken; raises as `count_emails`."""
    if not may_look_up(by=by, account=account):
        raise ValidationError({"share_code": ValidationError(TOO_MANY_CODES_TYPED, code="limited")})


def count_invited(*, by: Actor, emails: int) -> None:
    """Count emails to invite to an account, checked or invited, all or none; raises as `count_emails`."""
    if by.kind is Kind.SYSTEM:
        return
    key = f"invitations looked at by person {by.person.pk}"
    if not tallies.consume(key=key, amount=emails, limit=MOST_INVITED, per=HOUR):
        raise ValidationError(TOO_MANY_INVITED, code="limited")


def count_mail(*, invitation: Invitation, by: Actor) -> None:
    """Count one more mail of an invitation; raises the sentence where it is one too many."""
    if by.kind is Kind.SYSTEM:
        return
    # The person first: whoever is refused takes nothing from what is left of the invitation's for others.
    if not tallies.consume(key=f"mails again by person {by.person.pk}", amount=1, limit=MOST_MAILS, per=HOUR):
        raise ValidationError(TOO_MANY_MAILS, code="limited")
    key = f"mails again of invitation {invitation.pk}"
    if not tallies.consume(key=key, amount=1, limit=MOST_MAILS_OF_ONE, per=HOUR):
        raise ValidationError(TOO_MANY_OF_ONE, code="limited")


def _consume(rate: Rate, by: Actor, account: int | None, amount: int) -> bool:
    if by.kind is Kind.SYSTEM:
        return True
    # The person first: whoever is refused takes nothing from what is left for the others of the account.
    counts = [(f"{rate.what} of person {by.person.pk}", rate.person)]
    if account is not None:
        counts.append((f"{rate.what} of account {account}", rate.account))
    return all(tallies.consume(key=key, amount=amount, limit=limit, per=rate.per) for key, limit in counts)
