"""Whether this process is alive, and whether it can serve requests."""

import os
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as GaveUp
from datetime import timedelta
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

from audit import clock
from cimar import metrics
from cimar.broker import broker_answers
from cimar.time_limit import TimeLimited
from studies.selectors.numbers import receiver_seen_at

log = structlog.get_logger(__name__)

PATIENCE = 2.0  # seconds, for all checks together
OK, AWAY, BEHIND, NONE = "ok", "away", "behind", "none"
# For who reads the log, beside what is wrong.
ADVICE = {
    (
        "database",
        AWAY,
    ): "The database cannot be reached. See whether pgbouncer and postgres run, and in their logs whether "
    "the password of cimar_app (secret database_password) is the one that PostgreSQL has.",
    (
        "database",
        BEHIND,
    ): "The database has an older schema than this version needs. Back up, then run manage.py prepare "
    "(with compose: docker compose up --detach).",
    (
        "storage",
        AWAY,
    ): "The store of images cannot be reached. See whether it runs, and whether CIMAR_S3_ENDPOINT, "
    "CIMAR_S3_BUCKET and the secrets s3_access_key and s3_secret_key are the ones that it has.",
    (
        "broker",
        AWAY,
    ): "The broker cannot be reached: mail and uploads wait. See whether valkey runs, and whether it was "
    "started with the same secret broker_password.",
    ("receiver", AWAY): "The DIMSE receiver does not run: machines keep what they have to send.",
}
# A receiver says every 20 seconds that it runs.
RECEIVER_SILENT = timedelta(seconds=90)


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    """The process answers. For what restarts processes: a restart would not bring the database back."""
    return HttpResponse("live\n", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 while pages can be served, otherwise 503; for the proxy that sends requests.

    Without the broker, sign-in, lists, sharing and ending go on, and mail is sent later; without the storage, images
    are missing and everything else goes on; without the receiver, machines keep what they have to send. Then the status
    is "degraded", with 200.
    """
    running = {name: ask.begin() for name, ask in CHECKS.items()}
    until = time.monotonic() + PATIENCE
    states = {name: _answer(future, until) for name, future in running.items()}
    # Whether a receiver runs is known from the database.
    if NONE in states.values() or states["database"] != OK:
        del states["receiver"]
    whole = "ready" if set(states.values()) == {OK} else "degraded"
    status = whole if states["database"] == OK else "unready"
    _log(status, states)
    return JsonResponse({"status": status, **states}, status=503 if status == "unready" else 200)


def _log(status: str, states: dict[str, str]) -> None:
    """Only when the status changes: there are probes every few seconds."""
    if status != _logged[-1]:
        _logged[-1] = status
        write = log.info if status == "ready" else log.warning
        advice = [ADVICE[named] for named in states.items() if named in ADVICE]
        write(status, **states, **({"advice": " ".join(advice)} if advice else {}))


_logged = ["ready"]


def _answer(future: "Future[str]", until: float) -> str:
    try:
        return future.result(max(0.0, until - time.monotonic()))
    except GaveUp:
        return AWAY
    except Exception as error:
        log.info("a health check failed", exc_info=error)
        return AWAY


# --- The checks ---------------------------------------------------------------------------------------------


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
    """Reads a name and no bytes."""
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


def receiver() -> str:
    """Of a site that had a DIMSE receiver in the last days: whether one runs."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '2s'")
        seen, now = receiver_seen_at(), clock.now()
    if seen is None:
        return NONE
    return OK if now - seen < RECEIVER_SILENT else AWAY


CHECKS: dict[str, TimeLimited[str]] = {
    "database": TimeLimited(database, seconds=PATIENCE),
    "storage": TimeLimited(storage, seconds=PATIENCE),
    "broker": TimeLimited(broker, seconds=PATIENCE),
    "receiver": TimeLimited(receiver, seconds=PATIENCE),
}

Answer = Callable[[HttpRequest], HttpResponseBase]


class Probes:
    """Answers probes before any check of the host's name, the scheme, a session or a person.

    They use the IP address of a container and plain HTTP, and are neither logged nor counted.
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
