"""For gunicorn's `logger_class`: its lines look like all others."""

import logging.config
from typing import Any

from gunicorn.glogging import Logger

from cimar import logs


class GunicornLogger(Logger):  # type: ignore[misc]  # gunicorn ships no types
    def setup(self, cfg: object) -> None:
        """The parent process loads no settings, so this reads the environment."""
        logs.configure_structlog()
        logging.config.dictConfig(logs.from_environment())

    def access(self, *args: Any, **kwargs: Any) -> None:
        """cimar.activity_log says it, without the query."""
