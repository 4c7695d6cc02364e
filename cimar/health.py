"""Says whether this process lives, and whether it can serve."""

import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as GaveUp
from functools import cache
from pathlib import Path

import structlog
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cimar import metrics
from cimar.broker import broker_answers
from cimar.time_limit import TimeLimited

log = structlog.get_logger(__name__)

PATIENCE = 2.0  # seconds, for all of them together
OK, AWAY, BEHIND = "ok", "away", "behind"


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The process answers. Whoever restarts processes asks this: a new one would not bring the database back."""
    return HttpResponse("live\n", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 while pages can be served, else 503: whoever sends requests asks this.

    Without the broker, sign-in, lists, sharing and ending go on, and mail leaves later; without the storage, images
    are missing and all else goes on. Then it says "degraded", and still serves.
    """
    running = {name: ask.begin() for name, ask in CHECKS.items()}
    until = time.monotonic() + PATIENCE
    found = {name: _answer(future, until) for name, future in running.items()}
    whole = "ready" if set(found.values()) == {OK} else "degraded"
    status = whole if found["database"] == OK else "unready"
    _tell(status, found)
    return JsonResponse({"status": status, **found}, status=503 if status == "unready" else 200)


def _tell(status: str, found: dict[str, str]) -> None:
    """When it changes: probes come every few seconds."""
    if status != _told[-1]:
        _told[-1] = status
        tell = log.info if status == "ready" else log.warning
        tell(status, **found)


_told = ["ready"]


def _answer(future: "Future[str]", until: float) -> str:
    try:
        return future.result(max(0.0, until - time.monotonic()))
    except GaveUp:
        return AWAY
    except Exception as error:
        log.info("a health check failed", exc_info=error)
        return AWAY


# --- What is asked ------------------------------------------------------------------------------------------


def database() -> str:
    """Reachable, with every migration this code knows and the cache's table. A newer schema than ours is fine."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '2s'")
        cursor.execute("SELECT to_regclass('django_migrations'), to_regclass(%s)", [_cache_table()])
        if None in cursor.fetchone():
            return BEHIND
        cursor.execute("SELECT app, name FROM django_migrations")
        return OK if _wanted() <= set(cursor.fetchall()) else BEHIND


@cache
def _wanted() -> frozenset[tuple[str, str]]:
    """The last migration of every app as this process's code has it."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _cache_table() -> str:
    return str(settings.CACHES["default"]["LOCATION"])


def storage() -> str:
    """A question that reads one name and no bytes."""
    dicom = storages["dicom"]
    if isinstance(dicom, FileSystemStorage):
        folder = Path(dicom.location)
        while not folder.exists():  # it is made with the first file
            folder = folder.parent
        return OK if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK) else AWAY
    dicom.exists("ready")
    return OK


def broker() -> str:
    return OK if broker_answers() else AWAY


CHECKS: dict[str, TimeLimited[str]] = {
    "database": TimeLimited(database, seconds=PATIENCE),
    "storage": TimeLimited(storage, seconds=PATIENCE),
    "broker": TimeLimited(broker, seconds=PATIENCE),
}

Answer = Callable[[HttpRequest], HttpResponseBase]


class Probes:
    """Answers machines before anything looks at the host's name, the scheme, a session or a person.

    They ask by the address of a container, over plain HTTP, and nobody wants a line or a count of their coming.
    """

    ADDRESSES: dict[str, Answer] = {"/health/live": live, "/health/ready": ready, "/health/": ready}

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if probe := self.ADDRESSES.get(request.path_info):
            return probe(request)
        if request.path_info == metrics.ADDRESS and metrics.allowed(request):
            return metrics.exposed(request)
        return self.get_response(request)
