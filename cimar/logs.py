"""Log lines: a JSON object each, readable ones in development. No line holds what somebody typed or a row contains.

Every logger of every process goes this way: ours, Django's, Celery's and gunicorn's. What others' loggers like to
quote (addresses of pages, texts of errors) is taken out here, where it cannot be forgotten.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from types import TracebackType
from typing import Any

import structlog
from django.template.exceptions import TemplateDoesNotExist
from psycopg import Error as PostgresError

Event = MutableMapping[str, Any]

# Their texts name code, never data. Any other text stays out: a ValueError likes to quote the value.
TELLING = (AttributeError, ImportError, NameError, TemplateDoesNotExist)
# Where libraries put the text of an error, or what a task was given and gave back.
QUOTING = ("error", "exception", "reason", "result", "args", "kwargs")
STACK = 40  # frames, the innermost
# Where code lies; what is left of a file's path says which it is.
_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
_PYTHON = os.path.dirname(os.__file__) + os.sep


def config(*, readable: bool, level: str) -> dict[str, Any]:
    """For LOGGING, in every process."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": Lines, "readable": readable}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own; it brings a handler unless told otherwise.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Below this it prints every statement with its parameters. No environment variable reaches it.
            "django.db.backends": {"level": "WARNING", "propagate": True},
            # Below this it prints what templates were given.
            "django.template": {"level": "INFO", "propagate": True},
            # Every request has its line from cimar.activity_log; this adds the stack of those that failed.
            "django.request": {"level": "ERROR", "propagate": True},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
            "celery": {"level": "WARNING", "propagate": True},
            # Prints the error's text into the message; "task_failed" says the same without.
            "celery.app.trace": {"level": "CRITICAL", "propagate": True},
            "gunicorn.error": {"level": "INFO", "propagate": True},
            # Prints addresses with their queries.
            "gunicorn.access": {"level": "CRITICAL", "propagate": True},
            # Below this they print what they read and send.
            "pydicom": {"level": "ERROR", "propagate": True},
            "pylibjpeg": {"level": "INFO", "propagate": True},
            "PIL": {"level": "INFO", "propagate": True},
            "boto3": {"level": "INFO", "propagate": True},
            "botocore": {"level": "INFO", "propagate": True},
            "kombu": {"level": "INFO", "propagate": True},
            "amqp": {"level": "INFO", "propagate": True},
        },
    }


def configure_structlog() -> None:
    """Our loggers write into the standard ones, whose handler formats both."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_common(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _common() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        without_values,
    ]


class Lines(structlog.stdlib.ProcessorFormatter):
    """Formats what comes from structlog and what comes from the standard loggers alike."""

    def __init__(self, *args: Any, readable: bool = False, **kwargs: Any) -> None:
        render = _readable if readable else _json
        super().__init__(
            processors=[self.remove_processors_meta, render], foreign_pre_chain=_common(), **kwargs
        )

    def format(self, record: logging.LogRecord) -> str:
        return super().format(_without_quotes(record))


# --- What others' loggers quote -----------------------------------------------------------------------------


def _without_quotes(record: logging.LogRecord) -> logging.LogRecord:
    if isinstance(record.msg, dict):  # ours, from structlog
        return record
    quiet = logging.makeLogRecord(record.__dict__)
    template = str(record.msg)
    if isinstance(record.msg, BaseException):
        quiet.msg, quiet.args = type(record.msg).__name__, ()
    elif record.name == "django.request":
        # "%s: %s": what happened, and the address.
        quiet.msg, quiet.args = str((record.args or (template,))[0]), ()  # type: ignore[index]
    elif record.name.startswith("django.security"):
        # Quotes host names and addresses as they were sent.
        quiet.msg, quiet.args = f"a suspicious request: {record.name.rpartition('.')[2]}", ()
    elif record.name == "gunicorn.error" and template.startswith(("Error handling", "Invalid request")):
        quiet.msg, quiet.args = template.partition("%")[0].rstrip(": ="), ()
    elif isinstance(record.args, tuple):
        quiet.args = tuple(
            type(one).__name__ if isinstance(one, BaseException) else one for one in record.args
        )
    return quiet


# --- Errors -------------------------------------------------------------------------------------------------


def without_values(logger: Any, method: str, event: Event) -> Event:
    """An error becomes its type, what is known to be harmless in it, and its stack without variables or text."""
    found = _error(event.pop("exc_info", None)) or event.get("exception")
    for key in QUOTING:
        event.pop(key, None)
    if isinstance(found, BaseException):
        told = [_told(one) for one in _chain(found)]
        event["error"] = " from ".join(told)
        event["stack"] = _stack(found.__traceback__)
    return event


def _error(exc_info: Any) -> BaseException | None:
    if exc_info is True:
        return sys.exc_info()[1]
    return exc_info[1] if isinstance(exc_info, tuple) else exc_info or None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _told(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, PostgresError):
        # The message and its DETAIL quote the row: Key (email)=(…) already exists.
        facts = [error.sqlstate, error.diag.constraint_name, error.diag.table_name]
        return f"{name} ({', '.join(fact for fact in facts if fact)})" if any(facts) else name
    if isinstance(error, OSError):
        # Its text names the file.
        return f"{name} ({error.errno})" if error.errno is not None else name
    if isinstance(error, TELLING) and type(error).__module__.split(".")[0] in {"builtins", "django"}:
        return f"{name} ({error})"
    return name


def _stack(trace: TracebackType | None) -> list[str]:
    """Where, without source lines: a literal in one may be data in a test or a console."""
    frames = list(traceback.walk_tb(trace))[-STACK:]
    return [f"{_short(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}" for frame, line in frames]


def _short(file: str) -> str:
    inner = file.rpartition("site-packages" + os.sep)[2]
    return inner.removeprefix(_HERE).removeprefix(_PYTHON)


# --- How a line looks ---------------------------------------------------------------------------------------


def _json(logger: Any, method: str, event: Event) -> str:
    # What is no plain value is named, not shown.
    return json.dumps(event, ensure_ascii=False, default=lambda value: type(value).__name__)


def _readable(logger: Any, method: str, event: Event) -> str:
    stack = event.pop("stack", [])
    head = f"{event.pop('at', '')[11:19]} {event.pop('level', '').upper():7} {event.pop('logger', '')}:"
    rest = " ".join(f"{key}={value}" for key, value in event.items() if key != "event")
    line = f"{head} {event.get('event', '')} {rest}".rstrip()
    return "\n".join([line, *(f"    {frame}" for frame in stack)])


def from_environment() -> dict[str, Any]:
    """As the settings have it, for a process that loads none: lines to read in development, JSON elsewhere."""
    preset = "json" if "DATABASE_URL" in os.environ else "lines"
    return config(
        readable=os.environ.get("CIMAR_LOG_FORMAT", preset) == "lines",
        level=os.environ.get("CIMAR_LOG_LEVEL", "INFO").upper(),
    )
