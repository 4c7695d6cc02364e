"""Asks a service that may never answer, and gives up after a time limit."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from django.db import connections

T = TypeVar("T")


class TimeLimited(Generic[T]):
    """`ask` runs in a thread of its own, one at a time: callers in the meantime wait for the same answer.

    So a service that hangs costs one thread and one connection, however often it is asked about. A thread that is
    no longer waited for ends by its own time-outs.
    """

    def __init__(self, ask: Callable[[], T], *, seconds: float) -> None:
        self.ask, self.seconds = ask, seconds
        self._turn = threading.Lock()
        self._running: Future[T] | None = None

    def begin(self) -> "Future[T]":
        with self._turn:
            if self._running is None or self._running.done():
                self._running = Future()
                threading.Thread(target=self._run, args=[self._running], daemon=True).start()
            return self._running

    def __call__(self) -> T:
        """The answer, what it raised, or TimeoutError."""
        return self.begin().result(self.seconds)

    def _run(self, answer: "Future[T]") -> None:
        try:
            answer.set_result(self.ask())
        except BaseException as error:
            answer.set_exception(error)
        finally:
            # The thread's own connection: no other code closes it.
            connections.close_all()
