"""A prepared picture through the site, beside the same file sent by nginx."""

import http.client
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import budgets
from bench.meter import quantile
from bench.scene import Scene, ms
from bench.servers import NGINX, free_port, running, site_of
from bench.table import Row
from cimar.installation import CHECKOUT

WHAT = "serve one stored frame, sent by nginx on the site's word"
# As deploy/nginx hands requests on and sends stored files, without TLS; and the same files with nothing before them.
_CONFIGURATION = """
daemon off; master_process off; {user} pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off; types {{ image/png png; }} sendfile on; tcp_nopush on;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    server {{ listen 127.0.0.1:{bare}; root {root}; }}
    upstream web {{ server 127.0.0.1:{site}; }}
    proxy_http_version 1.0; proxy_set_header Connection ""; proxy_set_header Host $host;
    server {{
        listen 127.0.0.1:{front};
        include {folder}/stored.conf;
        location / {{ proxy_pass http://web; }}
        location @web {{ proxy_pass http://web; }}
    }}
}}
"""


def rows(scene: Scene) -> Iterator[Row]:
    from django.conf import settings
    from django.core.files.storage import storages
    from django.test import override_settings

    budget = budgets.FRAME
    if NGINX is None:
        yield Row(WHAT, budget, "nginx is not installed: there is nothing to measure against", key="image")
        return
    placement, instance = _shown(scene)
    browser = scene.client(scene.people[0])
    url = _url(placement, instance)
    with override_settings(CIMAR_PROXY_SENDS_FILES=True):
        inside = scene.meter.sample(lambda _: _ok(browser, url), scene.times(100))
    key, root = instance.blob.preview_key(1), storages["dicom"].path("")
    cookie = {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    }
    times = scene.times(300)
    with site_of(scene, by_proxy=True) as (site, _), nginx_of(root, site) as (bare, front):
        ours, theirs = _in_turn(times, (front, url, cookie), (bare, f"/{key}", {}))
    with site_of(scene, by_proxy=False) as (site, _):
        [alone] = _in_turn(times // 3, (site, url, cookie))
    above = statistics.median(ours) - statistics.median(theirs)
    size = os.path.getsize(storages["dicom"].path(key))
    few = inside.statements <= budget.statements
    yield Row(
        f"{WHAT} ({size / 1000:.0f} kB)",
        budget,
        f"{ms(statistics.median(ours))} (95 %: {ms(quantile(ours, 0.95))}): {ms(above)} above nginx; "
        f"busy {ms(inside.busy_median)}, of it {ms(inside.database_busy_median)} in the database; "
        f"{ms(statistics.median(alone))} where the site sends",
        f"{statistics.median(ours) / statistics.median(theirs):.0f} × nginx ({ms(statistics.median(theirs))})",
        str(inside.statements),
        above <= budget.ms and few,
        inside.busy_median <= budget.ms and few,
        key="image",
        number=above,
    )


def _url(placement: Any, instance: Any) -> str:
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


def _ok(browser: Any, url: str) -> None:
    response = browser.get(url)
    if response.status_code != 200 or "X-Accel-Redirect" not in response:
        raise RuntimeError(f"the picture is not served: {response.status_code}")


@contextmanager
def nginx_of(root: str, site: int) -> Iterator[tuple[int, int]]:
    """A port that sends the files to anybody, and a port before the site."""
    bare, front = free_port(), free_port()
    with TemporaryDirectory(prefix="bench-nginx-") as folder:
        user = "user root;" if os.geteuid() == 0 else ""
        stored = (CHECKOUT / "deploy" / "nginx" / "stored.conf").read_text()
        Path(folder, "stored.conf").write_text(stored.replace("@STORED@", root))
        configuration = Path(folder, "nginx.conf")
        values = {"user": user, "folder": folder, "root": root, "bare": bare, "front": front, "site": site}
        configuration.write_text(_CONFIGURATION.format(**values))
        with running([NGINX or "nginx", "-p", folder, "-c", str(configuration)], bare, dict(os.environ)):
            yield bare, front


def _in_turn(times: int, *asked: tuple[int, str, dict[str, str]]) -> list[list[float]]:
    """Milliseconds of each request, one of each kind after the other, so that all meet the same machine."""
    connections = [http.client.HTTPConnection("127.0.0.1", port) for port, _, _ in asked]
    took: list[list[float]] = [[] for _ in asked]
    for number in range(times + 10):
        for kind, (connection, (_, url, headers)) in enumerate(zip(connections, asked, strict=True)):
            start = time.perf_counter()
            connection.request("GET", url, headers={"Host": "127.0.0.1", **headers})
            response = connection.getresponse()
            content = response.read()
            if number >= 10:
                took[kind].append((time.perf_counter() - start) * 1000)
            if response.status != 200 or not content.startswith(b"\x89PNG"):
                raise RuntimeError(f"{url.rsplit('/', 1)[-1]} was answered with {response.status}")
    for connection in connections:
        connection.close()
    return took
