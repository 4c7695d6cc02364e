"""Watches requests, statements and tasks: a log line and a number for each, and no word of what they were about."""

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from structlog.contextvars import bind_contextvars, clear_contextvars

from cimar.metrics import numbers

log = structlog.get_logger(__name__)
slow = structlog.get_logger("cimar.slow_statement")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# As nginx and uuid write one: what a patient's number could look like is not taken.
WELL_FORMED = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST_STATEMENT = 2000
LITERAL = re.compile(r"'(?:[^']|'')*'")


class RequestWatch:
    """One line and one observation per request, an id for all lines that belong to it, and the slow statements.

    Stands behind whatever serves static files: those are not worth a line.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = _request_id(request)
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        try:
            with connection.execute_wrapper(watch_statement):
                response = self.get_response(request)
            self._tell(request, response, time.perf_counter() - started)
        finally:
            clear_contextvars()
        response["X-Request-ID"] = request_id
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> None:
        """From here on lines name the page, and so do those of the tasks it asks for."""
        bind_contextvars(route=_route(request))

    @staticmethod
    def _tell(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        method = request.method if request.method in METHODS else "other"
        route, status = _route(request), response.status_code
        numbers.REQUESTS.labels(route, method, str(status)).observe(seconds)
        # Who asked, where anybody wanted to know: finding out for the line's sake would cost a query and mark the
        # session as used.
        user = getattr(request, "_cached_user", None)
        tell = log.error if status >= 500 else log.info
        tell(
            "request",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            user=getattr(user, "pk", None),
        )


def _request_id(request: HttpRequest) -> str:
    """The one our own proxy gave it, else a new one: a stranger's would let them write into our lines."""
    given = request.headers.get("X-Request-ID", "") if settings.ALLAUTH_TRUSTED_PROXY_COUNT else ""
    return given if WELL_FORMED.fullmatch(given) else uuid.uuid4().hex


def _route(request: HttpRequest) -> str:
    """The page's name, never its address."""
    match = request.resolver_match
    return (match.view_name or "unnamed") if match else "unknown"


# --- Statements ---------------------------------------------------------------------------------------------


def watch_statement(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """For `connection.execute_wrapper`: counts what fails, and tells of what is slow by its text alone."""
    started = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    except DatabaseError as error:
        numbers.DATABASE_ERRORS.labels(type(error).__name__).inc()
        raise
    finally:
        took = (time.perf_counter() - started) * 1000
        if took >= settings.CIMAR_SLOW_QUERY_MS:
            numbers.SLOW_STATEMENTS.inc()
            slow.warning("slow statement", ms=round(took), sql=_text(sql))


def _text(sql: Any) -> str:
    """With its placeholders. What is composed with values in it is not shown, nor is any literal."""
    if not isinstance(sql, str):
        return type(sql).__name__
    return LITERAL.sub("'…'", " ".join(sql.split()))[:LONGEST_STATEMENT]


def watch_this_process() -> None:
    """For a worker's process, whose one connection serves task after task."""
    connection.execute_wrapper(watch_statement).__enter__()


# --- Tasks --------------------------------------------------------------------------------------------------


def task_begins(task: Any) -> None:
    task.request.cimar_began = time.perf_counter()
    # Which task, beside what came along with it: the request and the page that asked for it.
    bind_contextvars(task=task.name)


def task_ended(task: Any, state: str | None) -> None:
    outcome = {"SUCCESS": "done", "RETRY": "again"}.get(state or "", "failed")
    began = getattr(task.request, "cimar_began", None)
    if began is not None:
        numbers.TASKS.labels(task.name, outcome).observe(time.perf_counter() - began)
