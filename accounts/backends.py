"""Signing in by address and password, and who a session belongs to."""

from allauth.account.auth_backends import AuthenticationBackend

from accounts import selectors
from accounts.models import User


class Backend(AuthenticationBackend):
    def get_user(self, user_id: int) -> User | None:
        """Asked once on every request: what the person's accounts demand comes with them, in one statement."""
        user = selectors.session_user(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
