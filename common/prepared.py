"""Statements that PostgreSQL plans once for a connection: those asked many times, and planned longer than carried out.

Django composes a statement with its values in it, so that each is planned anew. Here the values go beside the text,
and the statement is prepared under a name. The setting CIMAR_PREPARED_STATEMENTS turns this off where a pool between
the site and the database loses such names.

Name every column: the answer of a prepared statement may not change its shape under a running process.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet


class _Cursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Any = None, **more: Any) -> "_Cursor":
        # For this statement alone: whatever else uses the connection is neither counted nor kept.
        self.connection.prepare_threshold = 0
        try:
            return super().execute(query, params, prepare=True, **more)
        finally:
            self.connection.prepare_threshold = None


def rows(sql: str, parameters: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """All rows of the statement; its text is the name under which it is planned, so no value belongs in it."""
    with _cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def composed(rows: QuerySet[Any, Any]) -> tuple[str, tuple[Any, ...]]:
    """The text and the parameters of a queryset, for a caller that keeps both and fills in its own marks each time.

    A mark is a text that takes a value's place while the statement is composed: see `filled`.
    """
    sql, parameters = rows.query.sql_with_params()
    # Names of actions and the like are enumerations, which the driver does not know.
    return sql, tuple(str(each) if isinstance(each, str) else each for each in parameters)


def filled(parameters: Sequence[Any], values: Mapping[str, Any]) -> list[Any]:
    """The parameters with a value in the place of each mark."""
    return [values.get(each, each) if isinstance(each, str) else each for each in parameters]


def _cursor() -> Any:
    # Each use of `django.db.connection` looks for the thread's connection anew.
    used = connections[DEFAULT_DB_ALIAS]
    # Django's log of statements, which development and tests ask for, reads values out of its own cursor.
    if used.queries_logged or not settings.CIMAR_PREPARED_STATEMENTS:
        return used.cursor()
    used.close_if_health_check_failed()
    used.ensure_connection()
    # Inside Django's own wrapper, so that whatever counts and watches statements sees this statement too.
    cursor: Any = _Cursor(used.connection)
    return used.make_cursor(cursor)
