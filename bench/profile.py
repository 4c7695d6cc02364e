"""The bench's own PostgreSQL and Valkey, and a database for each number of studies: made once, kept, measured again."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from cimar.embedded.postgres import Postgres
from cimar.embedded.server import Command
from cimar.embedded.services import Services
from cimar.installation import CHECKOUT, OWNER_ROLE, SUPERUSER

# What an operator sets for a machine of 8 GB and more (docs/operations.md); the rest is PostgreSQL's own preset.
SETTINGS = {
    "shared_preload_libraries": "pg_stat_statements",
    "shared_buffers": "2GB",
    "effective_cache_size": "6GB",
    "random_page_cost": "1.1",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "pg_stat_statements.track_planning": "on",
}


class BenchPostgres(Postgres):
    """Durable as in production, and counting what each statement took."""

    def command(self) -> Command:
        options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        return [*super().command(), *options]


class Profile(Services):
    """`bench`, or a passing one whose name begins with test."""

    def __init__(self, name: str = "bench") -> None:
        super().__init__(name)
        self.postgres = BenchPostgres(self.places)

    def connect(self, database: str, user: str = OWNER_ROLE) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.places.sockets), user=user, dbname=database, autocommit=True)

    def environment(self, database: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("CIMAR_", "DATABASE_", "REDIS_"))
        }
        return {
            **kept,
            "CIMAR_PROFILE": self.places.profile,
            "CIMAR_DATABASE_NAME": database,
            "DJANGO_SETTINGS_MODULE": "cimar.settings",
            "PYTHONUNBUFFERED": "1",
        }

    def database(self, studies: int, say: Callable[[str], None]) -> str:
        """The name of the database of so many studies; it has its name only once it is whole."""
        name, unfinished = f"scale_{studies}", f"making_{studies}"
        with self.connect("postgres", SUPERUSER) as server:
            if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
                return name
            for statement in (
                "DROP DATABASE IF EXISTS {} WITH (FORCE)",
                "CREATE DATABASE {} OWNER cimar_owner",
            ):
                server.execute(sql.SQL(statement).format(sql.Identifier(unfinished)))
            with self.connect(unfinished, SUPERUSER) as inside:
                inside.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            began = time.monotonic()
            self._manage(unfinished, "prepare", "--verbosity", "0")
            self._manage(unfinished, "load_demo", "--scale", str(studies))
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            server.execute(rename.format(sql.Identifier(unfinished), sql.Identifier(name)))
            [size] = server.execute("SELECT pg_size_pretty(pg_database_size(%s))", [name]).fetchone() or [""]
        say(f"{studies:,} studies loaded in {time.monotonic() - began:.0f} s: {size}")
        return name

    def _manage(self, database: str, *arguments: str) -> None:
        command = [sys.executable, "manage.py", *arguments]
        if subprocess.run(command, cwd=CHECKOUT, env=self.environment(database), check=False).returncode:
            sys.exit(f"manage.py {arguments[0]} failed; the lines above say why.")

    @property
    def programs(self) -> Path:
        return self.postgres.programs
