"""Threads that wait a moment for the next request: who asks at once has the same thread, and no one waits for it."""

import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from cimar.installation import CHECKOUT
from tests.processes import eventually

pytestmark = pytest.mark.process

# Answers with its thread; the moment is as long as a test takes, or over at once.
APP = """
import threading
from cimar import gunicorn_worker
gunicorn_worker.MOMENT_MS = {moment}

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [threading.current_thread().name.encode()]
"""


@contextmanager
def served(folder: Path, *, moment: int, threads: int) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    (folder / "answering.py").write_text(APP.format(moment=moment))
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        port = int(listening.getsockname()[1])
    process = subprocess.Popen(
        [
            sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--pythonpath", str(folder),
            "--worker-class", "cimar.gunicorn_worker.Worker", "--threads", str(threads), "answering:app",
        ],
        cwd=CHECKOUT,
    )  # fmt: skip
    try:
        eventually(lambda: _answers(port))
        yield port, process
    finally:
        process.kill()
        process.wait()


def _answers(port: int) -> bool:
    try:
        return bool(asked(connected(port)))
    except OSError:
        return False


def connected(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=20)


def asked(client: http.client.HTTPConnection) -> bytes:
    client.request("GET", "/")
    return client.getresponse().read()


def test_a_client_that_asks_at_once_is_answered_by_the_same_thread(tmp_path: Path) -> None:
    with served(tmp_path, moment=20_000, threads=4) as (port, _process), closing(connected(port)) as client:
        threads = {asked(client) for _ in range(20)}

    assert len(threads) == 1


def test_a_client_that_asks_later_is_answered_too(tmp_path: Path) -> None:
    with served(tmp_path, moment=0, threads=4) as (port, _process), closing(connected(port)) as client:
        answers = [asked(client) for _ in range(20)]

    assert all(answers)


def test_clients_that_are_waited_for_leave_half_of_the_threads_to_others(tmp_path: Path) -> None:
    with served(tmp_path, moment=60_000, threads=4) as (port, _process):
        waited_for = [connected(port) for _ in range(8)]
        first = [asked(client) for client in waited_for]

        with closing(connected(port)) as another:
            answer = asked(another)

    assert all(first)
    assert answer


def test_a_single_thread_does_not_serve_one_client_alone(tmp_path: Path) -> None:
    with served(tmp_path, moment=5, threads=1) as (port, _process):
        clients = [connected(port) for _ in range(3)]
        answers = [asked(client) for _ in range(10) for client in clients]

    assert len(answers) == 30
    assert all(answers)


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    with served(tmp_path, moment=100, threads=4) as (port, process), closing(connected(port)) as client:
        asked(client)

        process.terminate()

        assert process.wait(30) == 0
