"""The private PostgreSQL: made with two roles and one database, reached through a socket only."""

import functools
import shutil
import signal
import subprocess
from pathlib import Path

from cimar.embedded import binaries, processes
from cimar.embedded.places import as_server_user
from cimar.embedded.server import Command, Server, environment
from cimar.installation import DATABASE, DATABASE_SQL, OWNER_ROLE, ROLES_SQL, SUPERUSER, Problem

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "log_min_messages": "warning",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
}
# Tests make their data anew: no data has to survive a crash of the machine.
FORGETFUL = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
}

RECOVERY_PATIENCE = 15


class Postgres(Server):
    """Stopped by a fast shutdown: open sessions end, everything committed is kept."""

    name = "postgres"
    gentle, hard, stop_patience = signal.SIGINT, signal.SIGQUIT, 30

    @functools.cached_property
    def programs(self) -> Path:
        return binaries.postgres(self.places)

    def start(self) -> None:
        super().start()
        if not self._provisioned():
            self._provision()

    def command(self) -> Command:
        if not self.data.exists():
            self._initdb()
        settings = SETTINGS if self.places.durable else SETTINGS | FORGETFUL
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.programs / "postgres", "-D", self.data, "-k", self.places.sockets, *options]

    def answers(self) -> bool:
        """Ready for queries; during start-up, shutdown and recovery it is not."""
        if not (self.places.sockets / ".s.PGSQL.5432").exists():
            return False
        return self._psql("postgres", "SELECT 1", check=False).returncode == 0

    def pid(self) -> int:
        pid = _pid_in(self.data / "postmaster.pid")
        if not pid or not processes.alive(pid):
            return 0
        return pid if not processes.PROC.exists() or pid in processes.in_folder(self.data) else 0

    def make_way(self) -> bool:
        """Wait for the rest of the old server, then remove the files that name a foreign process."""
        if pid := self.pid():
            # The server runs but does not answer: it is starting or stopping, or its sockets were removed.
            if (
                processes.wait(lambda: not processes.alive(pid) or self.answers(), RECOVERY_PATIENCE)
                and self.answers()
            ):
                return False
            self.stop()
        if not processes.wait(lambda: not processes.in_folder(self.data), 10):
            processes.send(processes.in_folder(self.data), signal.SIGQUIT)
            processes.wait(lambda: not processes.in_folder(self.data), 5)
        for file in (self.data / "postmaster.pid", self.places.sockets / ".s.PGSQL.5432.lock"):
            # PostgreSQL removes a dead server's files itself, but not while its id is taken: by another process, or
            # by the dead server until its parent has waited for it.
            if processes.PROC.exists() and (pid := _pid_in(file)) and processes.taken(pid):
                file.unlink()
        return True

    def _initdb(self) -> None:
        unfinished = self.data.with_name(f"{self.name}.new")
        if unfinished.exists():  # of an initdb that was killed
            shutil.rmtree(unfinished)
        self.places.server_folder(unfinished.name)
        command: Command = [self.programs / "initdb", "-D", unfinished, "-U", SUPERUSER, "-A", "trust"]
        command += ["-E", "UTF8", "--data-checksums", *self._locale()]
        if not self.places.durable:
            command.append("--no-sync")
        made = _run(command)
        if made.returncode:
            raise Problem(f"initdb failed: {made.stderr.strip()}")
        unfinished.rename(self.data)

    def _locale(self) -> list[str]:
        """Unicode's upper and lower case without the machine's locales, where it can (17 and newer)."""
        if "--builtin-locale" in _run([self.programs / "initdb", "--help"]).stdout:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8"]

    def _provision(self) -> None:
        self._psql("postgres", ROLES_SQL.read_text())
        # Only here, where tests make databases of their own and end each other's sessions.
        self._psql("postgres", f"ALTER ROLE {OWNER_ROLE} CREATEDB; GRANT pg_signal_backend TO {OWNER_ROLE}")
        self._psql("template1", DATABASE_SQL.read_text())
        self._psql("postgres", f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")

    def _provisioned(self) -> bool:
        """The database comes last, and its default rights with it: from template1."""
        done = self._psql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'")
        return bool(done.stdout.strip())

    def _psql(self, database: str, script: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command: Command = [self.programs / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database]
        command += ["-h", self.places.sockets, "-U", SUPERUSER, "-f", "-"]
        # Through standard input: the server's user may not be able to read the checkout.
        done = _run(command, script, PGOPTIONS="-c client_min_messages=warning", PGCONNECT_TIMEOUT="5")
        if check and done.returncode:
            raise Problem(f"PostgreSQL could not be set up: {done.stderr.strip()}")
        return done


def _run(command: Command, text: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        input=text,
        env=environment() | variables,
        capture_output=True,
        text=True,
        check=False,
        **as_server_user(),
    )


def _pid_in(file: Path) -> int:
    try:
        return int(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
