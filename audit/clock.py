"""The database's clock, the only one that services use."""

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """The database's `statement_timestamp()`: read it after the locks, never before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        return cursor.fetchone()[0]
