"""What may be read of people, invitations, sign-in and sessions."""

from accounts.selectors.demands import Demands, demands_on, session_user
from accounts.selectors.people import (
    is_registered,
    mails_of_a_code,
    proved_addresses,
    users_at,
)
from accounts.selectors.security import Factor, Session, factors_of, sessions_of

__all__ = [
    "Demands",
    "Factor",
    "Session",
    "demands_on",
    "factors_of",
    "is_registered",
    "mails_of_a_code",
    "proved_addresses",
    "session_user",
    "sessions_of",
    "users_at",
]
