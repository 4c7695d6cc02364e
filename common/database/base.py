"""Django's connection to PostgreSQL, which learns without a question whether the server has hung up."""

import select
import time

from django.db.backends.postgresql import base

# A server that went away without a word is found out by a question after so long; one that hangs up, at once.
SILENT_SECONDS = 10.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Before each request Django sends a question of its own to a kept connection, a tenth of what a frame takes.

    A connection that was answered a moment ago, and on which nothing has arrived since, is as good as it was.
    """

    _answered_at = 0.0

    def is_usable(self) -> bool:
        now = time.monotonic()
        if not self.errors_occurred and now - self._answered_at < SILENT_SECONDS and self._is_quiet():
            return True
        usable: bool = super().is_usable()
        self._answered_at = now if usable else 0.0
        return usable

    def _is_quiet(self) -> bool:
        """Whether the server has sent nothing: neither that it ends the session nor the end of the stream."""
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0)
