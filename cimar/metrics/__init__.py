"""What Prometheus may know: counted as it happens (`numbers`), or read when it asks (`facts`).

With PROMETHEUS_MULTIPROC_DIR set, all processes of one service write into that folder and any of them answers for
all. Each service has a folder of its own, or everything would be counted twice.
"""

import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from prometheus_client import REGISTRY, CollectorRegistry, Metric, exposition, multiprocess

from cimar.metrics import numbers

__all__ = ["ADDRESS", "allowed", "begin", "exposed", "forget", "numbers", "scrape", "text"]

ADDRESS = "/metrics"


def scrape(request: HttpRequest) -> HttpResponse:
    """For strangers nothing is here; who brought the token was answered by `cimar.health.Probes`."""
    raise Http404


def allowed(request: HttpRequest) -> bool:
    return request.method == "GET" and carries_token(request.META)


def carries_token(environ: Mapping[str, object]) -> bool:
    """Without a token in the settings, no token is accepted."""
    wanted = settings.CIMAR_METRICS_TOKEN
    given = str(environ.get("HTTP_AUTHORIZATION", "")).removeprefix("Bearer ")
    return bool(wanted) and secrets.compare_digest(given.encode(), wanted.encode())


def exposed(request: HttpRequest) -> HttpResponse:
    body, content_type = text(facts=True)
    return HttpResponse(body, content_type=content_type, headers={"Cache-Control": "no-store"})


def text(*, facts: bool) -> tuple[bytes, str]:
    """All that is counted in this service, in Prometheus's format."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(registry)
    else:
        registry.register(_Counted())
    if facts:
        from cimar.metrics.facts import Facts

        registry.register(Facts())
    return exposition.generate_latest(registry), exposition.CONTENT_TYPE_LATEST


class _Counted:
    """Everything in this process."""

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()


# --- The folder of a service's processes --------------------------------------------------------------------


def begin() -> None:
    """As a service starts: what processes of an earlier start have left is not this one's."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    for file in Path(folder).glob("*.db") if folder else []:
        if not _alive(int(file.stem.rpartition("_")[2])):
            file.unlink(missing_ok=True)


def forget(pid: int) -> None:
    """As one process ends: gunicorn's `child_exit`, Celery's own signal. What it counted stays counted."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.mark_process_dead(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
