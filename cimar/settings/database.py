"""The database, and the cache that lies in it."""

import os
from typing import Any

import dj_database_url

from cimar.settings.where import CIMAR_DEVELOPMENT, embedded, env, private_services

# Two roles: cimar_owner owns the schema and migrates, cimar_app runs and may only add to the audit.
# manage.py asks for the owner where a command changes the schema.
_owner = os.environ.get("CIMAR_DATABASE_ROLE") == "owner"
_database = "DATABASE_OWNER" if _owner else "DATABASE"
_database_url = env.secret(f"{_database}_URL")
if not _database_url:
    _places = private_services()
    _database_url = _places.database_owner_url if _owner else _places.database_url
    if _owner and not embedded:
        env.complain(
            "DATABASE_OWNER_URL is not set. This command changes the schema and runs as cimar_owner: set it, or "
            "DATABASE_OWNER_URL_FILE, to the database as that role."
        )
    elif not CIMAR_DEVELOPMENT:
        env.complain(
            "DATABASE_URL is not set. Set it, or DATABASE_URL_FILE, to the database as the role cimar_app, for example "
            "postgres://cimar_app@pgbouncer:6432/cimar; the password may stand apart, in DATABASE_PASSWORD_FILE."
        )

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **dj_database_url.parse(_database_url, conn_max_age=60, conn_health_checks=True),
        "ENGINE": "common.database",
        "ATOMIC_REQUESTS": False,
        # pgbouncer gives a connection per transaction: a cursor that outlives one would be lost.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DATABASES["default"]["OPTIONS"].setdefault("prepare_threshold", None)
# Asked for by `common.prepared`. Not with a pool that loses them: pgbouncer before 1.22 or max_prepared_statements=0.
CIMAR_PREPARED_STATEMENTS = env.flag("CIMAR_PREPARED_STATEMENTS", embedded)
if _password := env.secret(f"{_database}_PASSWORD"):
    if DATABASES["default"]["PASSWORD"]:
        env.complain(f"{_database}_URL holds a password and {_database}_PASSWORD another. Keep one of them.")
    DATABASES["default"]["PASSWORD"] = _password
if "CIMAR_DATABASE_NAME" in os.environ:
    DATABASES["default"]["NAME"] = os.environ["CIMAR_DATABASE_NAME"]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# In PostgreSQL, so that sign-in and rate limits work with Redis down and count across processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        # Django keeps 300, and a flood of tries would make it forget the counts of those before.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
