"""The lock on emails, which is taken before the lock on any row."""

import hashlib
from collections.abc import Iterable

from django.db import connection

from common.text import identity


def lock_emails(emails: Iterable[str]) -> None:
    """Until the transaction ends, other transactions cannot register, invite or share to these emails."""
    keys = sorted({_key(identity(email)) for email in emails})
    if keys:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])


def _key(email: str) -> int:
    """A number of PostgreSQL's bigint for an email, the same in every process."""
    return int.from_bytes(hashlib.sha256(b"address:" + email.encode()).digest()[:8], signed=True)
