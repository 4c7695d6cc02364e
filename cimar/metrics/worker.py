"""The numbers of a worker or a DIMSE receiver, on a port of its own: it has no web server."""

import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from cimar import metrics


class _Quiet(WSGIRequestHandler):
    timeout = 5

    def log_message(self, format: str, *args: object) -> None:
        """A scrape is not worth a line."""


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def serve(port: int) -> None:
    """Serves the worker's metrics from a thread of the parent process, as long as that process runs."""
    server = make_server("", port, answer, server_class=_Threads, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """The same rule as the site's: with the token, or nothing is here."""
    if environ["PATH_INFO"] != metrics.ADDRESS or not metrics.carries_token(environ):
        start("404 Not Found", [("Content-Type", "text/plain")])
        return [b"Not found\n"]
    # The web processes tell the facts of the database: once is enough.
    body, content_type = metrics.text(facts=False)
    start("200 OK", [("Content-Type", content_type)])
    return [body]
