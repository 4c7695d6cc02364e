"""How often a person, and an account as a whole, may ask what a code or an address is."""

from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest

from accounts.services import tallies
from worklists.models import Worklist


@dataclass(frozen=True)
class Rate:
    """What one person, and all of an account together, may ask within a time."""

    what: str
    person: int
    account: int
    per: timedelta


# Pressing Share Studies does not count as a look-up.
CODES = Rate("codes", person=20, account=300, per=timedelta(minutes=1))
# An address that is answered `invited` is one nobody has registered (ADR 0004).
ADDRESSES = Rate("addresses", person=200, account=2000, per=timedelta(hours=1))

TOO_MANY_CODES = (
    "That were many look-ups. Wait a minute, or press Share Studies: "
    "a code that does not exist is refused then."
)
TOO_MANY_ADDRESSES = "That were many email addresses within the hour. Nothing was shared; try again later."


def may_look_up(request: HttpRequest, worklist: Worklist) -> bool:
    """Count one code; False where it is one too many."""
    return _consume(request, worklist, CODES, 1)


def may_mail(request: HttpRequest, worklist: Worklist, addresses: int) -> bool:
    """Count the addresses of one press, all or none; False where they are more than is left."""
    return _consume(request, worklist, ADDRESSES, addresses)


def _consume(request: HttpRequest, worklist: Worklist, rate: Rate, amount: int) -> bool:
    # The person first: whoever is refused takes nothing from what is left for the others of the account.
    counts = [(f"{rate.what} of person {request.user.pk}", rate.person)]
    if worklist.account_id:
        counts.append((f"{rate.what} of account {worklist.account_id}", rate.account))
    return all(tallies.consume(key=key, amount=amount, limit=limit, per=rate.per) for key, limit in counts)
