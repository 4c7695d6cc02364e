"""Signing in by email and password, and the person of a session."""

from allauth.account.auth_backends import AuthenticationBackend

from accounts import selectors
from accounts.models import User


class Backend(AuthenticationBackend):
    def get_user(self, user_id: int) -> User | None:
        """Called once on every request: the person and the demands of their accounts, in one statement."""
        user = selectors.session_user(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
