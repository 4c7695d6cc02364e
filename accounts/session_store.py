"""Django's sessions in the database, read by a prepared statement: every request of a signed-in person reads one."""

from typing import Any

from django.contrib.sessions.backends import db
from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from common import prepared

_READ = """
SELECT session_key, session_data, expire_date FROM django_session WHERE session_key = %s AND expire_date > %s
"""


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Any:
        # As Django does, by the clock of the web process: Django writes the end of a session by it too.
        now = timezone.now()  # noqa: TID251
        for row in prepared.rows(_READ, [self.session_key, now]):
            return self.model.from_db(DEFAULT_DB_ALIAS, ["session_key", "session_data", "expire_date"], row)
        self._session_key = None
        return None
