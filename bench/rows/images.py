"""A prepared picture through the site, beside the same file sent by nginx."""

import http.client
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.meter import quantile
from bench.scene import Scene, ms
from bench.table import Row
from cimar.installation import CHECKOUT

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
WHAT, BUDGET = "serve one stored frame through gunicorn", "≤ 4 queries, ≤ 6 ms above sending the file"
_CONFIGURATION = """
daemon off; master_process off; {user} pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off; types {{ image/png png; }} sendfile on;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def rows(scene: Scene) -> Iterator[Row]:
    from django.conf import settings
    from django.core.files.storage import storages

    if NGINX is None:
        yield Row(WHAT, BUDGET, "nginx is not installed: there is nothing to measure against", key="image")
        return
    placement, instance = _shown(scene)
    browser = scene.client(scene.people[0])
    address = _address(placement, instance)
    inside = scene.meter.sample(lambda _: _ok(browser, address), scene.times(30))
    key, root = instance.blob.preview_key(1), storages["dicom"].path("")
    cookie = {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    }
    with _site(scene) as site, _nginx(root) as nginx:
        ours = _fetched(site, address, cookie, scene.times(200))
        theirs = _fetched(nginx, f"/{key}", {}, scene.times(200))
    above = statistics.median(ours) - statistics.median(theirs)
    size = os.path.getsize(storages["dicom"].path(key))
    yield Row(
        f"{WHAT} ({size / 1000:.0f} kB)",
        BUDGET,
        f"{ms(statistics.median(ours))} (95 %: {ms(quantile(ours, 0.95))}; busy {ms(inside.busy_median)}): "
        f"{ms(above)} above nginx; "
        f"{ms(inside.database_median)} in the database",
        f"{statistics.median(ours) / statistics.median(theirs):.0f} × nginx ({ms(statistics.median(theirs))})",
        str(inside.statements),
        above <= 6 and inside.statements <= 4,
        inside.busy_median <= 6 and inside.statements <= 4,
        key="image",
        number=above,
    )


def _address(placement: Any, instance: Any) -> str:
    from django.urls import reverse

    return reverse("studies:frame", args=[placement.uuid, instance.uuid, 1])


def _shown(scene: Scene) -> tuple[Any, Any]:
    from studies.models import Blob, Instance, Placement

    instance = (
        Instance.objects.filter(study__placements__worklist=scene.big, blob__preview=Blob.Preview.READY)
        .select_related("blob")
        .order_by("-blob__size", "pk")
        .first()
    )
    if instance is None:
        raise RuntimeError("no study on the big worklist has images")
    return Placement.objects.get(worklist=scene.big, study=instance.study_id), instance


def _ok(browser: Any, address: str) -> None:
    response = browser.get(address)
    if response.status_code != 200 or not b"".join(response.streaming_content).startswith(b"\x89PNG"):
        raise RuntimeError(f"the picture is not served: {response.status_code}")


@contextmanager
def _site(scene: Scene) -> Iterator[int]:
    port = _free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "cimar.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--threads",
        "4",
    ]
    with _running([*command, "--log-level", "error"], port, scene.profile.environment(scene.database)):
        yield port


@contextmanager
def _nginx(root: str) -> Iterator[int]:
    port = _free_port()
    with TemporaryDirectory(prefix="bench-nginx-") as folder:
        user = "user root;" if os.geteuid() == 0 else ""
        configuration = Path(folder, "nginx.conf")
        configuration.write_text(_CONFIGURATION.format(user=user, folder=folder, port=port, root=root))
        with _running([NGINX or "nginx", "-p", folder, "-c", str(configuration)], port, dict(os.environ)):
            yield port


@contextmanager
def _running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=CHECKOUT, env=environment)
    try:
        _wait(lambda: process.poll() is not None or _listens(port))
        if process.poll() is not None:
            raise RuntimeError(f"{command[0]} stopped as it started")
        yield
    finally:
        process.terminate()
        process.wait(20)


def _fetched(port: int, address: str, headers: dict[str, str], times: int) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    took = []
    for number in range(times + 10):
        start = time.perf_counter()
        connection.request("GET", address, headers={"Host": "127.0.0.1", **headers})
        response = connection.getresponse()
        content = response.read()
        if number >= 10:
            took.append((time.perf_counter() - start) * 1000)
        if response.status != 200 or not content.startswith(b"\x89PNG"):
            raise RuntimeError(f"{address.rsplit('/', 1)[-1]} was answered with {response.status}")
    connection.close()
    return took


def _wait(until: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not until():
        if time.monotonic() > end:
            raise RuntimeError("a server does not answer")
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
