"""Thousands of new rows in one COPY: Django's own insert composes each value in Python, at several times the cost."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

# Up to this many rows are as quick by Django's own insert, in one statement with their keys.
FEW = 50


def copy_in(model: type[models.Model], fields: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows; `fields` are attribute names, and other columns take the database's default.

    Constraints and triggers hold as for any insert. `rows` may be a generator, but one that sends no query.
    """
    by_name = {field.attname: field.column for field in model._meta.concrete_fields}
    columns = ", ".join(str(by_name[name]) for name in fields)
    statement = f"COPY {model._meta.db_table} ({columns}) FROM STDIN"
    # The cursor's own wrapping of errors leaves COPY out.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
