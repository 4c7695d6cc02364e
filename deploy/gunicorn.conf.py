"""How gunicorn serves the site in production. Figures come from the environment; nothing here knows a machine."""

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from cimar import metrics

wsgi_app = "cimar.wsgi"

# Threads wait for the database and the store, processes make use of several cores: gunicorn's own worker with threads,
# which here looks for a moment whether a client asks again.
worker_class = "cimar.gunicorn_worker.Worker"
workers = int(os.environ.get("CIMAR_WEB_WORKERS", "2"))
threads = int(os.environ.get("CIMAR_WEB_THREADS", "8"))

# The URL of a download names its studies or series: as many as the dialog lets tick fit.
limit_request_line = 8190

# A process is replaced now and then, never all of them at once.
max_requests = 5000
max_requests_jitter = 1000
# A process that does not come round for so long is stuck. A single request may take longer: the proxy counts that.
timeout = 60
# What a request may still take once the container is told to stop; compose waits a little longer.
graceful_timeout = 30

# Nobody talks to it but by signals; the socket would want a home folder to stand in.
control_socket_disable = True

# Heartbeats in memory: a slow disk would look like a stuck process.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None

# cimar.activity_log tells of every request by the name of its page: an address may name a patient or open a door.
accesslog = None
errorlog = "-"
loglevel = "warning"
logger_class = "cimar.gunicorn_logs.GunicornLogger"

# Whether a visitor came by https is for Django to say, which believes our proxy alone.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

SCRATCH = os.environ.get("CIMAR_SCRATCH", "")
A_DAY = 86400


def on_starting(server: Any) -> None:
    """Put away what processes that were killed have left behind."""
    metrics.begin()
    for file in Path(SCRATCH).glob("*.upload*") if SCRATCH else ():
        # Other copies of this process may be receiving uploads into the same folder.
        with suppress(OSError):
            if time.time() - file.stat().st_mtime > A_DAY:
                file.unlink()


def child_exit(server: Any, worker: Any) -> None:
    metrics.forget(worker.pid)
