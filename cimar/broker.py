"""Celery's way to Valkey, mended where a lost connection would end the worker."""

from typing import Any

from celery import current_app
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport.redis import Channel as RedisChannel
from kombu.transport.redis import Transport as RedisTransport
from redis.exceptions import ConnectionError as ConnectionLost


class Channel(RedisChannel):
    """Reports that its connection was closed by an error that Celery expects.

    Where the broker goes in the middle of a task, kombu asks the closed connection for its host, to put the task's
    message back and later to acknowledge it. That is an AttributeError, which no code catches: the worker ends. A lost
    connection it gets over. The message comes again after the visibility timeout, which does no harm: every task here
    looks into the database for what is left to do.
    """

    def _connparams(self, asynchronous: bool = False) -> Any:
        if self.connection is None or self.connection.client is None:
            raise ConnectionLost("The connection of this channel was closed.")
        return super()._connparams(asynchronous=asynchronous)  # type: ignore[misc]  # not in the stubs


class Transport(RedisTransport):
    Channel = Channel


def use() -> None:
    """Under the names of kombu's own, so that addresses stay what everybody writes."""
    ours = f"{Transport.__module__}:{Transport.__qualname__}"
    for name, path in list(TRANSPORT_ALIASES.items()):
        if path == "kombu.transport.redis:Transport":
            TRANSPORT_ALIASES[name] = ours


def broker_answers() -> bool:
    """Whether the broker can be reached; asked by health and metrics, never by a page."""
    try:
        with current_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=1)
    except Exception:  # as many kinds as there are transports
        return False
    return True
