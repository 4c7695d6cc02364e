"""Whether a person pressed *Open images*, or a program that follows links and sends the forms that it meets.

A mail scanner sends a form within a second of reading it, without pointer or keyboard. Such a press counts nothing: the
page is shown once more, and a person presses again. It needs no script; where the page's script runs, it adds whether
pointer or keyboard were used.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from django.core import signing

from sharing.guest_cookie import Kept

AT_ONCE = timedelta(seconds=1)
# The time between two requests of the browser is its way here and back, as far as it is no longer than this.
LONGEST_WAY = timedelta(seconds=1)
_SALT = "cimar.guest-press"


class Hand(StrEnum):
    """What the page's script says of pointer and keyboard."""

    NO_SCRIPT = ""
    UNUSED = "unused"
    USED = "used"


def mark(kept: Kept, *, now: datetime) -> str:
    """For the form of a page that is shown `now`: from when on a press of it is a person's."""
    way = now - datetime.fromisoformat(kept.arrived)
    since = now + AT_ONCE + min(max(way, timedelta()), LONGEST_WAY)
    return signing.dumps([kept.link.hex, kept.secret, since.isoformat()], salt=_SALT)


def is_by_a_person(marked: str, hand: str, kept: Kept, *, now: datetime) -> bool:
    """A mark that we did not make for this browser and link is no person's either."""
    if hand not in (Hand.NO_SCRIPT, Hand.USED):
        return False
    try:
        link, secret, since = signing.loads(marked, salt=_SALT)
    except signing.BadSignature:
        return False
    return (link, secret) == (kept.link.hex, kept.secret) and now >= datetime.fromisoformat(since)
