"""Log lines: a JSON object each, readable ones in development. No line contains what a person typed or a row holds.

Every logger of every process uses this: the product's, Django's, Celery's and gunicorn's. What other loggers quote
(URLs of pages, texts of errors) is removed here, in one place.
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

# The texts of these name code, never data. Any other text is left out: that of a ValueError often quotes the value.
TELLING = (AttributeError, ImportError, NameError, TemplateDoesNotExist)
# Where libraries put the text of an error, or the arguments and the result of a task.
QUOTING = ("error", "exception", "reason", "result", "args", "kwargs")
STACK = 40  # frames, the innermost
# The folders of code; a file is named by its path within them.
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
            # Django adds a handler of its own unless this is configured.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # Below this it prints every statement with its parameters. No environment variable reaches it.
            "django.db.backends": {"level": "WARNING", "propagate": True},
            # Below this it prints the context of templates.
            "django.template": {"level": "INFO", "propagate": True},
            # Every request has its line from cimar.activity_log; this adds the stack of failed requests.
            "django.request": {"level": "ERROR", "propagate": True},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
            "celery": {"level": "WARNING", "propagate": True},
            # Prints the error's text into the message; "task_failed" has the same without the text.
            "celery.app.trace": {"level": "CRITICAL", "propagate": True},
            "gunicorn.error": {"level": "INFO", "propagate": True},
            # Prints URLs with their queries.
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
    """The product's loggers write into the standard loggers, whose handler formats both."""
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
    """Formats records of structlog and of the standard loggers alike."""

    def __init__(self, *args: Any, readable: bool = False, **kwargs: Any) -> None:
        render = _readable if readable else _json
        super().__init__(
            processors=[self.remove_processors_meta, render], foreign_pre_chain=_common(), **kwargs
        )

    def format(self, record: logging.LogRecord) -> str:
        return super().format(_without_quotes(record))


# --- Quotes of other loggers --------------------------------------------------------------------------------


def _without_quotes(record: logging.LogRecord) -> logging.LogRecord:
    if isinstance(record.msg, dict):  # from structlog
        return record
    quiet = logging.makeLogRecord(record.__dict__)
    template = str(record.msg)
    if isinstance(record.msg, BaseException):
        quiet.msg, quiet.args = type(record.msg).__name__, ()
    elif record.name == "django.request":
        # "%s: %s": what happened, and the URL.
        # Django gives a tuple.
        quiet.msg, quiet.args = str((record.args or (template,))[0]), ()  # type: ignore[index]
    elif record.name.startswith("django.security"):
        # Quotes host names and URLs as they were sent.
        quiet.msg, quiet.args = f"a suspicious request: {record.name.rpartition('.')[2]}", ()
    elif record.name == "gunicorn.error" and template.startswith(("Error handling", "Invalid request")):
        quiet.msg, quiet.args = template.partition("%")[0].rstrip(": ="), ()
    elif isinstance(record.args, tuple):
        quiet.args = tuple(
            type(arg).__name__ if isinstance(arg, BaseException) else arg for arg in record.args
        )
    return quiet


# --- Errors -------------------------------------------------------------------------------------------------


def without_values(logger: Any, method: str, event: Event) -> Event:
    """An error becomes its type, the parts of it that are known to be harmless, and its stack without variables."""
    error = _error(event.pop("exc_info", None)) or event.get("exception")
    for key in QUOTING:
        event.pop(key, None)
    if isinstance(error, BaseException):
        event["error"] = " from ".join(_named(cause) for cause in _chain(error))
        event["stack"] = _stack(error.__traceback__)
    return event


def _error(exc_info: Any) -> BaseException | None:
    if exc_info is True:
        return sys.exc_info()[1]
    return exc_info[1] if isinstance(exc_info, tuple) else exc_info or None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)


def _named(error: BaseException) -> str:
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
    """The frames without source lines: a literal in a line may be data in a test or a console."""
    frames = list(traceback.walk_tb(trace))[-STACK:]
    return [f"{_short(frame.f_code.co_filename)}:{line} {frame.f_code.co_name}" for frame, line in frames]


def _short(file: str) -> str:
    inner = file.rpartition("site-packages" + os.sep)[2]
    return inner.removeprefix(_HERE).removeprefix(_PYTHON)


# --- The format of a line -----------------------------------------------------------------------------------


def _json(logger: Any, method: str, event: Event) -> str:
    # A value of another type is named, not shown.
    return json.dumps(event, ensure_ascii=False, default=lambda value: type(value).__name__)


def _readable(logger: Any, method: str, event: Event) -> str:
    stack = event.pop("stack", [])
    head = f"{event.pop('at', '')[11:19]} {event.pop('level', '').upper():7} {event.pop('logger', '')}:"
    rest = " ".join(f"{key}={value}" for key, value in event.items() if key != "event")
    line = f"{head} {event.get('event', '')} {rest}".rstrip()
    return "\n".join([line, *(f"    {frame}" for frame in stack)])


def from_environment() -> dict[str, Any]:
    """As the settings configure it, for a process without settings: readable lines in development, JSON elsewhere."""
    preset = "json" if "DATABASE_URL" in os.environ else "lines"
    return config(
        readable=os.environ.get("CIMAR_LOG_FORMAT", preset) == "lines",
        level=os.environ.get("CIMAR_LOG_LEVEL", "INFO").upper(),
    )
