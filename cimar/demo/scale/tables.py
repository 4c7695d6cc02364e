"""Loading by COPY at full speed, as the owner: what the database checks row by row is put away, and put back in one go.

All in the caller's transaction, so that a loading which is broken off leaves everything as it was. Constraints and
indexes come back from the database's own words for them, hence as the migrations made them; adding them back reads all
rows, so that what breaks one is found then.
"""

from collections.abc import Callable, Iterable
from typing import Any

import psycopg

Say = Callable[[str], None]

# Foreign keys and unique constraints of these tables; primary keys and checks stay, since they cost little.
_CONSTRAINTS = """
SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid), c.contype = 'f'
FROM pg_constraint c WHERE c.conrelid = ANY(%s::regclass[]) AND c.contype IN ('f', 'u') ORDER BY c.contype DESC, c.oid
"""
# What an index is for that no constraint needs.
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i
WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
ORDER BY i.indexrelid
"""


class Tables:
    """The big tables while they are filled. `put_away`, any number of `copy`, then `put_back`."""

    def __init__(self, connection: psycopg.Connection[Any], columns: dict[str, str]) -> None:
        self.connection, self.columns = connection, columns
        self.names = list(columns)
        self.constraints: list[tuple[str, str, str, bool]] = []
        self.indexes: list[tuple[str, str]] = []
        self.lines = dict.fromkeys(columns, 0)

    def put_away(self) -> None:
        self.constraints = self._rows(_CONSTRAINTS)
        self.indexes = self._rows(_INDEXES)
        # What waits for the end of the transaction would hold the tables.
        self._run("SET CONSTRAINTS ALL IMMEDIATE")
        for table, name, _, _ in self.constraints:
            self._run(f"ALTER TABLE {table} DROP CONSTRAINT {_quoted(name)}")
        for name, _ in self.indexes:
            self._run(f"DROP INDEX {name}")
        for table in self.names:
            self._run(f"ALTER TABLE {table} DISABLE TRIGGER USER")

    def copy(self, table: str, text: bytes) -> None:
        if not text:
            return
        with (
            self.connection.cursor() as cursor,
            # Put together here, of our own names.
            cursor.copy(f"COPY {table} ({', '.join(self.columns[table].split())}) FROM STDIN") as copy,  # type: ignore[arg-type]
        ):
            # In pieces, so that the server reads while the next is sent.
            for start in range(0, len(text), 1 << 18):
                copy.write(text[start : start + (1 << 18)])
        self.lines[table] += text.count(b"\n")

    def put_back(self, say: Say) -> None:
        """The bigger parts one by one, so that one sees where the time goes."""
        self._run("SET LOCAL maintenance_work_mem = '768MB'")
        for name, definition in self.indexes:
            say(f"index {name}")
            self._run(definition)
        for table, name, definition, is_foreign in self.constraints:
            if not is_foreign:
                say(f"constraint {name}")
                self._run(f"ALTER TABLE {table} ADD CONSTRAINT {_quoted(name)} {definition}")
        say("foreign keys")
        for table in self.names:
            added = [
                f"ADD CONSTRAINT {_quoted(name)} {definition}"
                for of, name, definition, is_foreign in self.constraints
                if is_foreign and of == table
            ]
            if added:
                self._run(f"ALTER TABLE {table} {', '.join(added)}")
        for table in self.names:
            self._run(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    def _rows(self, query: str) -> list[Any]:
        # Put together here, of our own names.
        return self.connection.execute(query, [self.names]).fetchall()  # type: ignore[arg-type]

    def _run(self, statement: str) -> None:
        # Without parameters there is no placeholder to look for: definitions hold per cent signs.
        self.connection.execute(statement.encode())


def count_where(connection: psycopg.Connection[Any], query: str, parameters: Iterable[Any] = ()) -> int:
    row = connection.execute(query.encode(), list(parameters) or None).fetchone()
    return int(row[0]) if row else 0


def _quoted(name: str) -> str:
    return f'"{name}"'
