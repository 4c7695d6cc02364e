"""Starts, shares and stops the private PostgreSQL and Valkey of a profile."""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cimar.embedded import binaries, processes
from cimar.embedded.places import (
    DATABASE,
    OWNER_ROLE,
    SUPERUSER,
    Places,
    Problem,
    as_server_user,
    server_user,
)

SQL = Path(__file__).parent
LOG_LIMIT = 5_000_000
Command = list[str | Path]


class Services:
    """Both servers of one profile. Whoever uses them holds a shared lock; the last to let go stops them."""

    def __init__(self, profile: str = "dev") -> None:
        self.places = Places(profile)
        self._held: IO[str] | None = None

    # Sharing

    def enter(self) -> None:
        """Start what is not running and keep it running until `leave`, or until this process dies."""
        self.places.make()
        with self._turn():
            self._held = (self.places.home / "users").open("a+")
            fcntl.flock(self._held, fcntl.LOCK_SH)
            self.start()

    def leave(self) -> None:
        """Let go, and stop both servers if nobody else holds them."""
        if self._held is None:
            return
        with self._turn():
            self._held.close()
            self._held = None
            if not self.in_use():
                self.stop()

    def in_use(self) -> bool:
        with (self.places.home / "users").open("a+") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False

    def held_by(self) -> int:
        """The open lock, for a child that shall hold it too."""
        if self._held is None:
            raise RuntimeError("enter() comes first")
        return self._held.fileno()

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Starting and stopping happen one at a time, whoever does them."""
        with (self.places.home / "lock").open("a+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # Both servers

    def start(self) -> None:
        self.start_postgres()
        self.start_valkey()

    def keep_up(self) -> None:
        """Start again what died."""
        if not (self.postgres_pid() and self.valkey_pid()):
            with self._turn():
                self.start()

    def stop(self) -> None:
        self.stop_valkey()
        self.stop_postgres()

    # PostgreSQL

    def start_postgres(self) -> None:
        programs, data = binaries.postgres(self.places), self.places.servers_home() / "postgres"
        if self.postgres_answers(programs):
            if not self._provisioned(programs):
                self._provision(programs)
            return
        self._clear_stale_postgres(programs, data)
        if not data.exists():
            self._initdb(programs, data)
        options: Command = [
            "-c",
            "listen_addresses=",
            "-c",
            "unix_socket_permissions=0700",
            "-c",
            "log_min_messages=warning",
        ]
        options += ["-c", "timezone=UTC", "-c", "log_timezone=UTC", "-c", "max_connections=200"]
        if not self.places.durable:
            forgetful = dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit", "autovacuum"), "off")
            forgetful |= {"wal_level": "minimal", "max_wal_senders": "0", "max_wal_size": "256MB"}
            options += [part for name, value in forgetful.items() for part in ("-c", f"{name}={value}")]
        server = self._spawn(
            [programs / "postgres", "-D", data, "-k", self.places.sockets, *options], "postgres"
        )
        if not processes.wait(lambda: server.poll() is not None or self.postgres_answers(programs), 60):
            raise Problem(f"PostgreSQL does not answer. Its log: {self._log('postgres')}")
        if server.poll() is not None:
            raise Problem(f"PostgreSQL stopped as it started. Its log: {self._log('postgres')}")
        self._provision(programs)

    def postgres_answers(self, programs: Path) -> bool:
        """Ready for queries; during start-up, shutdown and recovery it is not."""
        if not (self.places.sockets / ".s.PGSQL.5432").exists():
            return False
        return self._psql(programs, "postgres", "-c", "SELECT 1", check=False).returncode == 0

    def stop_postgres(self) -> None:
        data = self.places.servers_home() / "postgres"
        if not (pid := self._postmaster(data)):
            return
        # Fast shutdown: open sessions end, everything committed is kept. The next one does not tidy up.
        processes.send([pid], signal.SIGINT)
        if not processes.wait(lambda: not processes.alive(pid), 30):
            processes.send([pid], signal.SIGQUIT)
            processes.wait(lambda: not processes.alive(pid), 10)

    def postgres_pid(self) -> int:
        return self._postmaster(self.places.servers_home() / "postgres")

    def _postmaster(self, data: Path) -> int:
        """The id of the living server of this data folder, or 0."""
        pid = _pid_in(data / "postmaster.pid")
        if not pid or not processes.alive(pid):
            return 0
        return pid if not processes.PROC.exists() or pid in processes.in_folder(data) else 0

    def _clear_stale_postgres(self, programs: Path, data: Path) -> None:
        """After `kill -9`: wait for what is left of the old server, then drop what names a stranger's process."""
        if pid := self._postmaster(data):
            # It lives but does not answer: starting, stopping, or without its sockets, which somebody removed.
            processes.wait(lambda: not processes.alive(pid) or self.postgres_answers(programs), 15)
            self.stop_postgres()
        if not processes.wait(lambda: not processes.in_folder(data), 10):
            processes.send(processes.in_folder(data), signal.SIGQUIT)
            processes.wait(lambda: not processes.in_folder(data), 5)
        for file in (data / "postmaster.pid", self.places.sockets / ".s.PGSQL.5432.lock"):
            # PostgreSQL clears the files of a dead server itself, but not when its id belongs to somebody else by now.
            if (pid := _pid_in(file)) and processes.alive(pid) and processes.PROC.exists():
                file.unlink()

    def _initdb(self, programs: Path, data: Path) -> None:
        unfinished = data.with_name("postgres.new")
        if unfinished.exists():  # of an initdb that was killed
            shutil.rmtree(unfinished)
        self.places.server_folder(unfinished.name)
        command: Command = [
            programs / "initdb",
            "-D",
            unfinished,
            "-U",
            SUPERUSER,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--data-checksums",
        ]
        command += _locale(programs)
        if not self.places.durable:
            command += ["--no-sync"]
        made = subprocess.run(
            command, env=_environment(), capture_output=True, text=True, check=False, **as_server_user()
        )
        if made.returncode:
            raise Problem(f"initdb failed: {made.stderr.strip()}")
        unfinished.rename(data)

    def _provision(self, programs: Path) -> None:
        self._psql(programs, "postgres", "-f", SQL / "roles.sql")
        # Only here, where tests make databases of their own and end each other's sessions.
        self._psql(
            programs,
            "postgres",
            "-c",
            f"ALTER ROLE {OWNER_ROLE} CREATEDB; GRANT pg_signal_backend TO {OWNER_ROLE}",
        )
        self._psql(programs, "template1", "-f", SQL / "database.sql")
        if not self._provisioned(programs):
            self._psql(programs, "postgres", "-c", f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")

    def _provisioned(self, programs: Path) -> bool:
        """The database comes last, and its default rights with it: from template1."""
        listed = self._psql(
            programs, "postgres", "-c", f"SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"
        )
        return bool(listed.stdout.strip())

    def _psql(
        self, programs: Path, database: str, *ask: str | Path, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        command: Command = [
            programs / "psql",
            "-XqAt",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            self.places.sockets,
            "-U",
            SUPERUSER,
        ]
        environment = {
            **_environment(),
            "PGOPTIONS": "-c client_min_messages=warning",
            "PGCONNECT_TIMEOUT": "5",
        }
        # Read here: the server's user may not be able to read the checkout.
        given = next((part.read_text() for part in ask if isinstance(part, Path)), None)
        ask = ("-f", "-") if given else ask
        done = subprocess.run(
            [*command, "-d", database, *ask],
            input=given,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            **as_server_user(),
        )
        if check and done.returncode:
            raise Problem(f"PostgreSQL refused to be set up: {done.stderr.strip()}")
        return done

    # Valkey

    def start_valkey(self) -> None:
        if self.valkey_pid():
            return
        program, data = binaries.valkey(self.places), self.places.server_folder("valkey")
        keep = "yes" if self.places.durable else "no"
        options: Command = [
            "--port",
            "0",
            "--unixsocket",
            self._valkey_socket,
            "--unixsocketperm",
            "700",
            "--dir",
            data,
        ]
        options += ["--appendonly", keep, "--save", "", "--loglevel", "warning"]
        server = self._spawn([program, *options], "valkey")
        if not processes.wait(lambda: server.poll() is not None or self.valkey_pid(), 60):
            raise Problem(f"Valkey does not answer. Its log: {self._log('valkey')}")
        if server.poll() is not None:
            raise Problem(f"Valkey stopped as it started. Its log: {self._log('valkey')}")

    def stop_valkey(self) -> None:
        if not (pid := self.valkey_pid()):
            return
        processes.send([pid], signal.SIGTERM)
        if not processes.wait(lambda: not processes.alive(pid), 15):
            processes.send([pid], signal.SIGKILL)
            processes.wait(lambda: not processes.alive(pid), 5)

    def valkey_pid(self) -> int:
        """The server's own word for its id, asked over the socket; 0 when nobody answers."""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(5)
                line.connect(str(self._valkey_socket))
                line.sendall(b"INFO server\r\n")
                answer = line.recv(65536).decode()
        except OSError:
            return 0
        found = [row.partition(":")[2] for row in answer.splitlines() if row.startswith("process_id:")]
        return int(found[0]) if found else 0

    @property
    def _valkey_socket(self) -> Path:
        return self.places.sockets / "valkey.sock"

    # Processes

    def _spawn(self, command: Command, name: str) -> subprocess.Popen[bytes]:
        """A session of its own: Ctrl-C in the terminal reaches only the one who started us."""
        log = self._log(name)
        mode = "wb" if log.exists() and log.stat().st_size > LOG_LIMIT else "ab"
        with log.open(mode) as told:
            return subprocess.Popen(
                command,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                start_new_session=True,
                **as_server_user(),
            )

    def _log(self, name: str) -> Path:
        return self.places.log / f"{name}.log"


def _environment() -> dict[str, str]:
    """The servers inherit nothing of the caller's: no PG variables, no language, no secrets."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "TZ": "UTC",
        "HOME": server_user().pw_dir,
    }


def _locale(programs: Path) -> Command:
    """Unicode upper and lower case without the machine's locales, where this PostgreSQL can (17 and newer)."""
    told = subprocess.run(
        [programs / "initdb", "--help"], capture_output=True, text=True, check=False, **as_server_user()
    )
    if "--builtin-locale" in told.stdout:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]


def _pid_in(file: Path) -> int:
    try:
        return int(file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
