"""Reading people, invitations, second factors and sessions."""

from accounts.selectors.demands import Demands, demands_on, factor_is_overdue, session_user
from accounts.selectors.numbers import OutboxNumbers, outbox_numbers
from accounts.selectors.people import (
    is_registered,
    mails_of_a_code,
    proved_emails,
    user_with_email,
    users_at,
)
from accounts.selectors.security import Factor, Session, factors_of, sessions_of

__all__ = [
    "Demands",
    "Factor",
    "OutboxNumbers",
    "Session",
    "demands_on",
    "factor_is_overdue",
    "factors_of",
    "is_registered",
    "mails_of_a_code",
    "outbox_numbers",
    "proved_emails",
    "session_user",
    "sessions_of",
    "user_with_email",
    "users_at",
]
