"""A site of real processes that a test may kill: web, worker and beat on a PostgreSQL and a Valkey of their own.

Never those of the other tests: theirs have to stand. Pages are read over HTTP as a browser without script does.
"""

import fcntl
import http.client
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from unittest.mock import patch

import kombu.pools
import pytest
from celery import current_app
from django.db import connection, connections
from django.urls import reverse

from cimar.embedded import processes
from cimar.embedded.services import Services
from cimar.installation import CHECKOUT
from tests.mail_server import HOST, MailServer
from tests.plumbing import database, logs

PROFILE = "test-faults"
WEB = ["-m", "gunicorn", "cimar.wsgi", "--threads", "4", "--log-level", "warning", "--graceful-timeout", "2"]
CELERY = ["-m", "celery", "--quiet", "-A", "cimar"]
WORKER = [
    *CELERY,
    "worker",
    "--concurrency",
    "2",
    "--loglevel",
    "warning",
    "--without-gossip",
    "--without-mingle",
]
BEAT = [*CELERY, "beat", "--loglevel", "warning", "--max-interval", "1"]


def eventually(done: Callable[[], Any], seconds: float = 30) -> Any:
    """What `done` answers as soon as it answers anything, or a failure."""
    last: list[Any] = [None]

    def look() -> Any:
        last[0] = done()
        return last[0]

    assert processes.wait(look, seconds), f"not within {seconds} seconds; at last: {last[0]!r}"
    return last[0]


class Process:
    """One process with its children; what it prints is kept, and shown where a test fails."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str], logs: Path) -> None:
        self.name, self.command, self.environment = name, command, environment
        self.log = logs / f"{name}.log"
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._popen = subprocess.Popen(
                [sys.executable, *self.command],
                cwd=CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.since = processes.started(self._popen.pid)

    @property
    def pids(self) -> list[int]:
        """Its own id and its children's: the same list means that nothing was started anew."""
        return sorted(processes.group(self._popen.pid, self.since, CHECKOUT))

    def kill(self) -> None:
        """All of it at once, with no time for last words."""
        processes.send(self.pids, signal.SIGKILL)
        self._popen.wait(10)
        assert processes.wait(lambda: not self.pids, 10)

    def end(self) -> None:
        processes.end_group(self._popen.pid, self.since, CHECKOUT, patience=5)
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(5)


class Site:
    """The processes and the servers under them."""

    def __init__(self, services: Services, mail: MailServer, data: Path) -> None:
        self.services, self.mail, self.data = services, mail, data
        self.port = _free_port()
        self.environment = {
            **os.environ,
            **mail.environment,
            "DJANGO_SETTINGS_MODULE": "cimar.settings",
            "CIMAR_PROFILE": PROFILE,
            "CIMAR_DATABASE_NAME": connection.settings_dict["NAME"],
            "CIMAR_BASE_URL": f"http://{HOST}:{self.port}",
            "CIMAR_DATA": str(data),
            "PYTHONWARNINGS": "ignore",
        }
        self.started: list[Process] = []

    def web(self) -> Process:
        web = self._start("web", [*WEB, "--bind", f"{HOST}:{self.port}"])
        eventually(self.answers)
        return web

    def worker(self) -> Process:
        return self._start("worker", WORKER)

    def beat(self) -> Process:
        return self._start("beat", [*BEAT, "--pidfile", ""])

    def answers(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            return Visitor(self.port).get("/health/").status == http.HTTPStatus.OK
        return False

    def move_clock(self, *, seconds: float) -> None:
        """Forward, for every process of this site."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE test_clock.shift SET by = by + make_interval(secs => %s)", [seconds])

    def kill_postgres(self) -> None:
        """The postmaster, outright; its children see it and go, and it leaves its lock file behind."""
        pid = self.services.postgres.pid()
        connections.close_all()
        os.kill(pid, signal.SIGKILL)
        assert processes.wait(lambda: not processes.alive(pid), 10)

    def end(self) -> None:
        for process in self.started:
            process.end()
            logs.keep(process.log)
            print(f"--- {process.name}\n{process.log.read_text()[-4000:]}")

    def _start(self, name: str, command: list[str]) -> Process:
        process = Process(name, command, self.environment, self.data)
        self.started.append(process)
        return process


class Answer:
    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.location = response.status, response.headers.get("Location", "")
        self.headers = response.headers
        self.cookies = response.headers.get_all("Set-Cookie", [])
        self.text = response.read().decode(errors="replace")

    @property
    def csrf(self) -> str:
        return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.text)[1]


class Visitor:
    """Somebody with a browser: keeps cookies, sends the token of the page they are on."""

    # Headers of every request.
    always: Mapping[str, str] = {}

    def __init__(self, port: int) -> None:
        self.port, self.cookies, self.token = port, SimpleCookie(), ""

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, **fields: Any) -> Answer:
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": self.token, **fields}, doseq=True)
        return self._ask("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})

    def sign_in(self, email: str, password: str) -> Answer:
        page = reverse("account_login")
        self.get(page)
        answer = self.post(page, login=email, password=password)
        assert answer.status == http.HTTPStatus.FOUND, answer.text
        return answer

    def _line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(HOST, self.port, timeout=20)

    def _ask(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        line = self._line()
        try:
            cookies = "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())
            line.request(method, path, body, {**self.always, **(headers or {}), "Cookie": cookies})
            answer = Answer(line.getresponse())
        finally:
            line.close()
        for cookie in answer.cookies:
            self.cookies.load(cookie)
        if 'name="csrfmiddlewaretoken" value="' in answer.text:
            self.token = answer.csrf
        return answer


@pytest.fixture(scope="session")
def faulty_services() -> Iterator[Services]:
    """Servers that belong to whoever holds this lock, and to nobody else."""
    services = Services(PROFILE)
    services.places.make()
    with (services.places.home / "taken").open("a+") as taken:
        fcntl.flock(taken, fcntl.LOCK_EX)
        services.enter()
        yield services
        services.leave()


@pytest.fixture
def site(
    faulty_services: Services, django_db_blocker: Any, settings: Any, mail: MailServer
) -> Iterator[Site]:
    """Servers up, an empty house on them, and this test's own connection to it; no process yet."""
    # The web process signs people in with the hash it has, not with the quick one of other tests.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    faulty_services.start()
    data = Path(tempfile.mkdtemp(dir=faulty_services.places.home))
    with django_db_blocker.unblock(), _database(faulty_services), _broker(faulty_services):
        site = Site(faulty_services, mail, data)
        try:
            yield site
        finally:
            site.end()
            faulty_services.start()
            shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def mail() -> Iterator[MailServer]:
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    server = MailServer()
    server.start()
    yield server
    server.stop()


@contextmanager
def _database(services: Services) -> Iterator[None]:
    """A copy of the template on these servers, under the clock that can be moved, and our connection on it."""
    name, ours = f"faults_{os.getpid()}", connection.settings_dict
    before = {key: ours[key] for key in ("NAME", "HOST")}
    with patch.object(database, "PLACES", services.places), patch.dict(os.environ, CIMAR_PROFILE=PROFILE):
        database.create(name, database.template())
        with database.owner() as owner:
            owner.execute(f"ALTER DATABASE {name} SET search_path = test_clock, pg_catalog, public")
            # Test servers forget on purpose; here what was committed has to be there after kill -9, as in earnest.
            owner.execute(f"ALTER DATABASE {name} SET synchronous_commit = on")
        connections.close_all()
        ours.update(NAME=name, HOST=str(services.places.sockets))
        try:
            yield
        finally:
            connections.close_all()
            ours.update(before)
            services.start()
            database.drop(name)


@contextmanager
def _broker(services: Services) -> Iterator[None]:
    """What this test's process pokes arrives at the worker of the site."""
    before = current_app.conf.broker_url
    _use_broker(services.places.redis_url)
    yield
    _use_broker(before)


def _use_broker(url: str) -> None:
    current_app.conf.broker_url = url
    kombu.pools.reset()
    current_app._pool = current_app.amqp._producer_pool = None


def _free_port() -> int:
    return MailServer().port
