"""All settings. What differs between machines comes from the environment; nothing here knows a machine."""

import os
import secrets
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from cimar.embedded.places import Places

BASE_DIR = Path(__file__).resolve().parent.parent


def _list(name: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]


def _flag(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    return default if not value else value in {"1", "true", "yes", "on"}


# --- Where we are -------------------------------------------------------------------------------------------

# Without DATABASE_URL or REDIS_URL the private services of bin/dev and bin/test are meant.
CIMAR_PROFILE = os.environ.get("CIMAR_PROFILE", "dev")
_places = Places(CIMAR_PROFILE)
_embedded = "DATABASE_URL" not in os.environ
_data = os.environ.get("CIMAR_DATA")
CIMAR_DATA = Path(_data) if _data else _places.home

# Shows the pages that only a developer wants, such as the mails that were sent. Features never read DEBUG.
CIMAR_DEVELOPMENT = _flag("CIMAR_DEVELOPMENT", _embedded)
DEBUG = _flag("CIMAR_DEBUG", False)

CIMAR_BASE_URL = os.environ.get("CIMAR_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
_base = urlsplit(CIMAR_BASE_URL)
_https = _base.scheme == "https"


# --- Secrets ------------------------------------------------------------------------------------------------


def _secret(variable: str) -> str:
    """From the environment; in development from a file that is made once, readable by its owner alone."""
    if value := os.environ.get(variable):
        return value
    if not CIMAR_DEVELOPMENT:
        raise ImproperlyConfigured(
            f"{variable} is not set. Set it to a long random text that only this installation knows, the same in "
            f"every process, for example: {variable}=$(python -c 'import secrets; print(secrets.token_urlsafe(50))')"
        )
    file = CIMAR_DATA / variable.lower().replace("_", "-")
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        # Several processes may start at once: each writes its own and the first link wins.
        own = file.with_name(f".{file.name}.{os.getpid()}")
        own.touch(mode=0o600)
        own.write_text(secrets.token_urlsafe(50))
        try:
            os.link(own, file)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return file.read_text()


SECRET_KEY = _secret("SECRET_KEY")
SECRET_KEY_FALLBACKS = _list("SECRET_KEY_FALLBACKS")
# Signs the tokens of invitations; apart from SECRET_KEY so that either can be changed alone.
CIMAR_TOKEN_KEY = _secret("CIMAR_TOKEN_KEY")
CIMAR_TOKEN_FALLBACK_KEYS = _list("CIMAR_TOKEN_FALLBACK_KEYS")


# --- Database -----------------------------------------------------------------------------------------------

# Two roles: cimar_owner owns the schema and migrates, cimar_app runs and may only add to the audit.
# manage.py asks for the owner where a command changes the schema.
if os.environ.get("CIMAR_DATABASE_ROLE") == "owner":
    _database_url = _places.database_owner_url if _embedded else os.environ.get("DATABASE_OWNER_URL", "")
    if not _database_url:
        raise ImproperlyConfigured(
            "DATABASE_OWNER_URL is not set. This command changes the schema and runs as cimar_owner: "
            "set DATABASE_OWNER_URL to the database as that role."
        )
else:
    _database_url = os.environ.get("DATABASE_URL", _places.database_url)

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **dj_database_url.parse(_database_url, conn_max_age=60, conn_health_checks=True),
        "ATOMIC_REQUESTS": False,
        # pgbouncer gives a connection per transaction: a cursor that outlives one would be lost.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
if "CIMAR_DATABASE_NAME" in os.environ:
    DATABASES["default"]["NAME"] = os.environ["CIMAR_DATABASE_NAME"]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# In PostgreSQL, so that sign-in and rate limits work with Redis down and count across processes.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}


# --- Applications -------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "cimar",
    "sharing",
    "studies",
    "worklists",
    "accounts",
    "audit",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "guardian",
    "allauth",
    "allauth.account",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "audit.middleware.DeniedDeeds",
    "cimar.idle.IdleMiddleware",
    "accounts.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

# Says what a refused request was about, for its line in the audit trail.
CIMAR_DENIED_ON = "studies.services.denials.on_denied"

ROOT_URLCONF = "cimar.urls"
WSGI_APPLICATION = "cimar.wsgi.application"

_loaders = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            # A developer's change to a template shows on the next request; elsewhere templates are read once.
            "loaders": _loaders
            if CIMAR_DEVELOPMENT and CIMAR_PROFILE == "dev"
            else [("django.template.loaders.cached.Loader", _loaders)],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


# --- People -------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    # The admin's sign-in and its model permissions.
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
# Nobody makes us write to addresses that are not registered here.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# A changed password is told to its owner.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,5/5m/key", "login": "60/m/ip"}
PASSWORD_RESET_TIMEOUT = 3600
# A shared reading-room machine forgets you when its browser closes.
ACCOUNT_SESSION_REMEMBER = False
# How many proxies of ours stand in front: the reader's address, which rate limits count by, comes from the last.
ALLAUTH_TRUSTED_PROXY_COUNT = int(os.environ.get("CIMAR_PROXIES", "0"))

# Rights live on worklists in direct-foreign-key tables of the worklists app, and worklists/access.py alone reads them.
# So guardian's backend stays out: it would let user.has_perm() answer, superusers included.
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]


# --- Sessions and browser security --------------------------------------------------------------------------

SESSION_ENGINE = "django.contrib.sessions.backends.db"
# Signed out after this long without a request.
SESSION_COOKIE_AGE = int(os.environ.get("CIMAR_IDLE_MINUTES", "30")) * 60
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https

ALLOWED_HOSTS = _list("CIMAR_HOSTS") or [
    _base.hostname or "",
    *(["localhost", "127.0.0.1"] if CIMAR_DEVELOPMENT else []),
]
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = _flag("CIMAR_HTTPS_REDIRECT", _https)
SECURE_HSTS_SECONDS = int(os.environ.get("CIMAR_HSTS_SECONDS", "31536000" if _https else "0"))
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# One press may tick 500 studies and 20 targets; a bigger form than that is nobody's.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# Above the 5,000 of `studies.services.receive_upload`, so that its sentence is what a person reads.
DATA_UPLOAD_MAX_NUMBER_FILES = 6000


# --- Files --------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = CIMAR_DEVELOPMENT

if _bucket := os.environ.get("CIMAR_S3_BUCKET"):
    _dicom = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _bucket,
            "endpoint_url": os.environ.get("CIMAR_S3_ENDPOINT"),
            "region_name": os.environ.get("CIMAR_S3_REGION"),
            "default_acl": None,
            "file_overwrite": True,
        },
    }
else:
    _dicom = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": CIMAR_DATA / "dicom",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    }

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": CIMAR_DATA / "files"},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if CIMAR_DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
    "dicom": _dicom,
}


# --- Mail ---------------------------------------------------------------------------------------------------

# Who writes the text of each kind of mail when its turn comes.
CIMAR_MAIL_KINDS = {
    "study_shared": "sharing.mail.study_shared",
    "invitation": "sharing.mail.invitation",
}
CIMAR_MAIL_FOLDER = CIMAR_DATA / "mail"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("CIMAR_MAIL_FROM", "CIMAR <no-reply@localhost>")
EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _flag("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _flag("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
if EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
elif CIMAR_DEVELOPMENT:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = CIMAR_MAIL_FOLDER
else:
    raise ImproperlyConfigured(
        "EMAIL_HOST is not set. Set it to the name of the mail server that sends our mails."
    )


# --- Celery -------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = os.environ.get("REDIS_URL", _places.redis_url)
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
# A tick nobody took before the next one is dropped: a worker that comes back finds one, not a thousand.
CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": every, "options": {"expires": every}}
    for name, every in {
        "accounts.deliver_mail": 10,
        "studies.ingest_waiting": 15,
        "studies.render_previews": 60,
        "sharing.settle_overdue": 60,
    }.items()
}


# --- Language, time, logging --------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# Plain lines to standard error. No patient data: no query parameters, no form fields, no SQL.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "stream": sys.stderr}},
    "root": {"handlers": ["console"], "level": os.environ.get("CIMAR_LOG_LEVEL", "INFO")},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # Would print every statement with its parameters.
        "django.db.backends": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # Would print the paths of pages people mistyped.
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "django.server": {"handlers": ["console"], "level": "ERROR", "propagate": False},
        "celery": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "pydicom": {"handlers": ["console"], "level": "ERROR", "propagate": False},
    },
}
