"""Celery: the broker, the limits of a task, what the beat does and how often."""

import os
from urllib.parse import quote

from cimar.settings.where import CIMAR_DATA, CIMAR_DEVELOPMENT, env, private_services

CELERY_BROKER_URL = env.secret("REDIS_URL") or private_services().redis_url
if not CIMAR_DEVELOPMENT and "REDIS_URL" not in env:
    env.complain(
        "REDIS_URL is not set. Set it, or REDIS_URL_FILE, to the Valkey or Redis that is the workers' broker, for "
        "example redis://valkey:6379/0; the password may stand apart, in REDIS_PASSWORD_FILE."
    )
if _password := env.secret("REDIS_PASSWORD"):
    CELERY_BROKER_URL = CELERY_BROKER_URL.replace("redis://", f"redis://:{quote(_password, safe='')}@", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A worker waits for its broker for as long as that takes.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A web request that pokes a task never waits for a dead broker: the beat brings the work along anyway.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    # Longer than any task may run: a task whose worker was killed is handed out again after this.
    "visibility_timeout": 900,
    "global_keyprefix": os.environ.get("CIMAR_BROKER_PREFIX", ""),
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_SCHEDULE_FILENAME = str(CIMAR_DATA / "beat-schedule")
# A periodic task that no worker took before the next is dropped: a returning worker finds a single task waiting.
CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": every, "options": {"expires": every}}
    for name, every in {
        "accounts.deliver_mail": 10,
        "audit.record_bursts": 60,
        "studies.ingest_waiting": 15,
        "studies.record_received": 60,
        "studies.render_previews": 60,
        "studies.send_waiting": 15,
        "studies.make_view_copies": 15,
        "studies.renew_old": 60,
        "studies.sweep_leftovers": 3600,
        "worklists.note_rights": 3600,
        "sharing.hand_on_sent": 60,
        "sharing.settle_overdue": 60,
        "sharing.end_dead_links": 60,
        "sharing.escalate_urgent": 60,
        "sharing.warn_of_ends": 300,
        "sharing.tell_openings": 15,
        "sharing.send_daily_notices": 300,
        "sharing.forget_old_notices": 3600,
        "worklists.replace_roles": 60,
    }.items()
}
