"""How often a person, and an account as a whole, may ask what a code or an address is."""

from allauth.core.internal import ratelimit
from django.http import HttpRequest

from worklists.models import Worklist

# Pressing Share Studies does not count as a look-up.
CODES = {"person": "20/m/user", "account": "300/m/key"}
# An address that is answered `invited` is one nobody has registered (ADR 0004).
ADDRESSES = {"person": "200/h/user", "account": "2000/h/key"}

TOO_MANY_CODES = (
    "That were many look-ups. Wait a minute, or press Share Studies: "
    "a code that does not exist is refused then."
)
TOO_MANY_ADDRESSES = "That were many email addresses within the hour. Nothing was shared; try again later."


def may_look_up(request: HttpRequest, worklist: Worklist) -> bool:
    """Count one code; False where it is one too many."""
    return _consume(request, worklist, "code", CODES)


def may_mail(request: HttpRequest, worklist: Worklist, addresses: int) -> bool:
    """Count the addresses of one press; False where there were too many of late."""
    return all(_consume(request, worklist, "address", ADDRESSES) for _ in range(addresses))


def _consume(request: HttpRequest, worklist: Worklist, what: str, rates: dict[str, str]) -> bool:
    whose = f"account {worklist.account_id}" if worklist.account_id else f"person {request.user.pk}"
    return all(
        ratelimit.consume(
            request, app="sharing", action=f"{what}_{per}", config={f"{what}_{per}": rate}, key=whose
        )
        for per, rate in rates.items()
    )
