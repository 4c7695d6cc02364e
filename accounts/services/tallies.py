"""Counts against a limit, by the database's clock."""

from datetime import timedelta
from typing import Any

from django.db import connection

from accounts.models import Tally

# A statement that waits for another count reads it: a conflicting row is read again once it is committed.
COUNT = """
    INSERT INTO accounts_tally AS tally (key, began_at, count)
    SELECT %(key)s, statement_timestamp(), %(amount)s WHERE %(amount)s <= %(limit)s
    ON CONFLICT (key) DO UPDATE SET
        began_at = CASE WHEN tally.began_at <= excluded.began_at - %(per)s
            THEN excluded.began_at ELSE tally.began_at END,
        count = CASE WHEN tally.began_at <= excluded.began_at - %(per)s
            THEN excluded.count ELSE tally.count + excluded.count END
    WHERE tally.began_at <= excluded.began_at - %(per)s OR tally.count + excluded.count <= %(limit)s
    RETURNING count
"""
GIVE_BACK = """
    UPDATE accounts_tally SET count = greatest(count - %(amount)s, 0)
    WHERE key = %(key)s AND began_at > statement_timestamp() - %(per)s
"""


def forget(*, key: str) -> None:
    """A new window begins with the next count."""
    Tally.objects.filter(key=key).delete()


def consume(*, key: str, amount: int, limit: int, per: timedelta) -> bool:
    """Count `amount`; False, and nothing is counted, where more than `limit` would have been counted within `per`.

    A window begins with the first count after the last one's end, so twice the limit may fall around an end. Call it
    outside a transaction: the row is then locked only during the one statement, also when the process dies.
    """
    if amount == 0:
        return True
    values: dict[str, Any] = {"key": key, "amount": amount, "limit": limit, "per": per}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, values)
        return cursor.fetchone() is not None


def give_back(*, key: str, amount: int, per: timedelta) -> None:
    """Take back what `consume` counted before it was known that it need not count. Also outside a transaction."""
    if amount:
        values: dict[str, Any] = {"key": key, "amount": amount, "per": per}
        with connection.cursor() as cursor:
            cursor.execute(GIVE_BACK, values)
