"""A DICOMweb service that is asked, as a client asks it, and the time that it and another one take in turn."""

import http.client
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bench.servers import more_processor, processor_of
from tests.clients.orthanc import why_not_here
from tests.dicomweb.storing import MULTIPART, message

IN_A_REQUEST = 50
JSON = {"Accept": "application/dicom+json"}
# Requests until each thread that may serve a connection has the plans of its statements (`common.prepared`).
WARM = 100
# Longer than a thread waits for the next request of the same client (`cimar.gunicorn_worker`), in seconds.
PAUSE = 0.01
# Requests that follow one another before the other server's turn.
TOGETHER = 20


@dataclass
class Server:
    """A DICOMweb service: the port, the beginning of its URLs, and what each request carries."""

    port: int
    root: str
    headers: dict[str, str]
    # Its process, and those of its database's sessions.
    processes: Callable[[], list[int]] = list

    connection: http.client.HTTPConnection | None = None

    def ask(self, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> bytes:
        """Anew where the server has hung up meanwhile, as servers do that were not asked for a while."""
        try:
            return self._asked(path, headers or {}, body)
        except (ConnectionError, http.client.HTTPException):
            self.connection = None
            return self._asked(path, headers or {}, body)

    def _asked(self, path: str, headers: dict[str, str], body: bytes | None) -> bytes:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port)
        sent = {"Host": f"127.0.0.1:{self.port}", **self.headers, **headers}
        method = "GET" if body is None else "POST"
        self.connection.request(method, f"{self.root}{path}", body=body, headers=sent)
        response = self.connection.getresponse()
        content: bytes = response.read()
        if response.status != 200:
            raise RuntimeError(f"{self.root[:12]}: a request was answered with {response.status}")
        return content

    def store(self, files: Sequence[bytes], at_once: int = IN_A_REQUEST) -> float:
        """Seconds to take all of them in."""
        bodies = [message(files[at : at + at_once]) for at in range(0, len(files), at_once)]
        start = time.perf_counter()
        for body in bodies:
            self.ask("/studies", {**JSON, "Content-Type": MULTIPART}, body)
        return time.perf_counter() - start


def store_together(senders: Sequence[Server], files: Sequence[Sequence[bytes]]) -> float:
    """Seconds until each sender has stored its own files, all at once."""
    start = time.perf_counter()
    with ThreadPoolExecutor(len(senders)) as pool:
        for stored in [pool.submit(each.store, some) for each, some in zip(senders, files, strict=True)]:
            stored.result()
    return time.perf_counter() - start


class Busy:
    """Processor time of both servers from now on; each is asked alike."""

    def __init__(self, *servers: Server | None) -> None:
        self.servers = [server.processes() if server else [] for server in servers]
        self.before = [processor_of(*processes) for processes in self.servers]

    def each(self, times: int) -> list[float]:
        after = [processor_of(*processes) for processes in self.servers]
        return [more_processor(*both) / times for both in zip(self.before, after, strict=True)]


def milliseconds(action: Callable[[], Any]) -> float:
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1000


def warm_up(action: Callable[[], Any], times: int = WARM) -> None:
    """With a pause after each request: of a client that asks again at once the same thread answers all."""
    for _ in range(times):
        action()
        time.sleep(PAUSE)


def in_turn(
    actions: Sequence[Callable[[], Any]], times: int, *, warm: int = 10, together: int = 1
) -> list[list[float]]:
    """Milliseconds of each request. The kinds take turns, so that all kinds meet the same machine.

    `together`: requests of a kind before the next kind's turn; a rate is that of requests which follow one another.
    With a single request each turn, every request finds the processor's caches full of another server's work. The
    first `warm` requests of each kind are not counted.
    """
    took: list[list[float]] = [[] for _ in actions]
    for first in range(-warm, times, together):
        for kind, action in enumerate(actions):
            for number in range(first, min(first + together, times)):
                spent = milliseconds(action)
                if number >= 0:
                    took[kind].append(spent)
    return took


def beside(ours: float, theirs: float, spent: float = 0.0, their_spent: float = 0.0) -> str:
    """How many times Orthanc's rate, by the clock and in processor time."""
    if not theirs:
        return why_not_here()
    busy = f"; {their_spent / spent:.1f} × in processor time" if spent and their_spent else ""
    return f"{ours / theirs:.1f} × Orthanc ({theirs:.1f} a second){busy}"
