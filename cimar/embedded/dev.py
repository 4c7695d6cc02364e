"""bin/dev: the services, the schema, the demo, then web, worker and beat until Ctrl-C."""

import contextlib
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cimar.embedded import processes
from cimar.embedded.services import Services
from cimar.installation import CHECKOUT, Problem

FIRST_PORT, PORTS = 8000, 100
GIVE_UP_AFTER = 5  # quick deaths of a child
QUICK = 10.0  # seconds
CHECK_SERVICES_EVERY = 3.0


class Child:
    """A process of the site: its output is printed with its name, and it is started again when it dies."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name, self.command, self.environment = name, command, environment
        self.deaths: list[float] = []
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *self.command],
            cwd=CHECKOUT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches only us: we stop them in order
            text=True,
            errors="replace",
        )
        self.since = processes.started(self.process.pid)
        threading.Thread(target=self._print, args=[self.process.stdout], daemon=True).start()

    def _print(self, lines: IO[str]) -> None:
        for line in lines:
            if line.strip():
                print(f"{self.name:>6} | {line.rstrip()}", flush=True)

    def stop(self, patience: float = 8) -> None:
        processes.end_group(self.process.pid, self.since, CHECKOUT, patience)
        self.process.wait()

    def revive(self) -> None:
        """Start again after a death, but not for ever."""
        now = time.monotonic()
        self.deaths = [moment for moment in self.deaths if now - moment < GIVE_UP_AFTER * QUICK] + [now]
        if len(self.deaths) >= GIVE_UP_AFTER:
            raise Problem(f"{self.name} stopped {GIVE_UP_AFTER} times in a row; see its output above.")
        print(
            f"{self.name:>6} | stopped with status {self.process.returncode}; starting it again", flush=True
        )
        self.start()


class Site:
    """Everything bin/dev runs."""

    def __init__(self) -> None:
        self.services = Services("dev")
        self.home = self.services.places.home
        self.children: list[Child] = []

    def run(self) -> int:
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sign, _interrupt)
        try:
            with self._alone() as note:
                self._end_orphans()
                try:
                    self._open(note)
                    self._watch()
                finally:
                    _heed_no_more_signals()
                    self._close()
        except KeyboardInterrupt:
            print("Stopped.", flush=True)
        return 0

    @contextlib.contextmanager
    def _alone(self) -> Iterator[IO[str]]:
        """One site per checkout."""
        self.services.places.make()
        with (self.home / "site").open("a+") as note:
            try:
                fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                note.seek(0)
                raise Problem(
                    f"This checkout is already running{note.read() or ', and still starting'}. "
                    "Use it, or stop it with Ctrl-C where it was started."
                ) from None
            yield note

    def _end_orphans(self) -> None:
        """End the web, worker and beat processes of a site that was killed."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            for pid, since in json.loads((self.home / "children").read_text()):
                if processes.end_group(pid, since, CHECKOUT):
                    print(
                        f"Ended process {pid}, left over from an earlier start that was killed.", flush=True
                    )

    def _open(self, note: IO[str]) -> None:
        note.truncate(0)
        port = _port()
        url = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "CIMAR_PROFILE": "dev",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
        }
        environment.setdefault("CIMAR_BASE_URL", url)
        print("Starting PostgreSQL and Valkey …", flush=True)
        self.services.enter()
        print("Bringing the schema up to date …", flush=True)
        self._manage(environment, "prepare", "--verbosity", "0")
        logins = ""
        demo = next(CHECKOUT.glob("cimar/*/management/commands/load_demo.py"), None)
        if demo and os.environ.get("CIMAR_DEMO") != "no":
            print("Loading the demo …", flush=True)
            logins = self._manage(environment, "load_demo")
        self._spawn(
            Child("web", ["-m", "gunicorn", "cimar.wsgi", *_gunicorn(port)], environment),
            Child("worker", ["-m", "celery", "--quiet", "-A", "cimar", "worker", *_worker()], environment),
            Child(
                "beat",
                ["-m", "celery", "--quiet", "-A", "cimar", "beat", "--loglevel", "warning"],
                environment,
            ),
        )
        if not processes.wait(lambda: self._web_died() or _answers(port), 60):
            raise Problem("The web process does not answer; see its output above.")
        if self._web_died():
            raise Problem("The web process stopped while it started; see its output above.")
        note.write(f" at {url} (process {os.getpid()})")
        note.flush()
        print(
            f"\n{logins.strip()}\n\nCIMAR is ready: {url}\nCtrl-C stops everything.\n".lstrip("\n"),
            flush=True,
        )

    def _manage(self, environment: dict[str, str], *arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(done.stdout + done.stderr, file=sys.stderr)
            raise Problem(f"manage.py {arguments[0]} failed; see its output above.")
        return done.stdout

    def _spawn(self, *children: Child) -> None:
        self.children.extend(children)
        self._remember()

    def _remember(self) -> None:
        (self.home / "children").write_text(
            json.dumps([[child.process.pid, child.since] for child in self.children])
        )

    def _web_died(self) -> bool:
        return self.children[0].process.poll() is not None

    def _watch(self) -> None:
        """Until a signal: keep everything alive, and give the worker the code as it is now."""
        code, checked = _code(), time.monotonic()
        while True:
            time.sleep(1)
            for child in self.children:
                if child.process.poll() is not None:
                    child.revive()
                    self._remember()
            if (now := _code()) != code:
                code = now
                for child in self.children[1:]:  # gunicorn watches for itself
                    child.stop()
                    child.start()
                self._remember()
            if time.monotonic() - checked > CHECK_SERVICES_EVERY:
                checked = time.monotonic()
                self.services.keep_up()

    def _close(self) -> None:
        for child in self.children:
            with contextlib.suppress(ProcessLookupError):
                child.process.terminate()
        for child in self.children:
            child.stop()
        (self.home / "children").unlink(missing_ok=True)
        self.services.leave()


def _gunicorn(port: int) -> list[str]:
    return [
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        "8",
        "--reload",
        "--log-level",
        "error",
        "--graceful-timeout",
        "5",
    ]


def _worker() -> list[str]:
    return [
        "--concurrency",
        "2",
        "--loglevel",
        "warning",
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
    ]


def _port() -> int:
    """The port of the environment, otherwise the first free port."""
    if asked := os.environ.get("PORT"):
        if not _free(int(asked)):
            raise Problem(
                f"Port {asked} is taken. Set PORT to a free port, or unset it to use any free port."
            )
        return int(asked)
    for port in range(FIRST_PORT, FIRST_PORT + PORTS):
        if _free(port):
            return port
    raise Problem(f"No free port from {FIRST_PORT} to {FIRST_PORT + PORTS - 1}. Set PORT to a free port.")


def _free(port: int) -> bool:
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            line.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _answers(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/health/")
        return line.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()


def _code() -> float:
    """Changes when a Python file of the product does."""
    apps = [path.parent for path in CHECKOUT.glob("*/__init__.py") if path.parent.name != "tests"]
    return max((_changed(file) for app in apps for file in app.rglob("*.py")), default=0)


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0


def _interrupt(sign: int, frame: object) -> None:
    _heed_no_more_signals()
    raise KeyboardInterrupt


def _heed_no_more_signals() -> None:
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)
