"""For gunicorn's `worker_class`: threads that wait a moment for the next request of the client they just answered."""

import select
import threading
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# A program asks for the next frame as soon as it has this one.
MOMENT_MS = 5


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn gives a kept connection back to its main thread after each answer, its next request to any thread.

    Where a client asks at once, each request so changes threads twice, and meets another session of the database, which
    has none of the last request's rows in the processor's cache. Here the thread looks for a moment whether more
    arrives: while no other connection waits for a thread, and never more than half of the threads at a time.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lingering = threading.BoundedSemaphore(max(1, self.cfg.threads // 2))
        self._turn = threading.Lock()
        self._waiting = 0

    def enqueue_req(self, conn: Any) -> None:
        with self._turn:
            self._waiting += 1
        super().enqueue_req(conn)

    def handle(self, conn: Any) -> Any:
        """As gunicorn answers: True for a connection that is kept, which its main thread watches from then on."""
        with self._turn:
            self._waiting -= 1
        kept = super().handle(conn)
        while kept is True and self._asks_again(conn):
            kept = super().handle(conn)
        return kept

    def _asks_again(self, conn: Any) -> bool:
        if not self.alive or self._waiting or not self._lingering.acquire(blocking=False):
            return False
        try:
            arriving = select.poll()
            arriving.register(conn.sock, select.POLLIN)
            return bool(arriving.poll(MOMENT_MS))
        finally:
            self._lingering.release()
