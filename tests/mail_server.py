"""A real mail server on this machine, which refuses, dawdles or is gone on command."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller

HOST = "127.0.0.1"


class MailServer:
    """`received` holds what it took, in order. One address from start to end, also while it is stopped."""

    def __init__(self) -> None:
        self.port = _free_port()
        self.received: list[EmailMessage] = []
        self.refusing = False
        # Seconds it takes over each mail: time to be killed in.
        self.takes = 0.0
        # Called with the number of mails received so far, in the server's thread.
        self.on_mail: Callable[[int], None] = lambda number: None
        self._lock = threading.Lock()
        self._controller: Controller | None = None

    @property
    def environment(self) -> dict[str, str]:
        """For a worker that shall send its mail here."""
        return {"EMAIL_HOST": HOST, "EMAIL_PORT": str(self.port)}

    @property
    def recipients(self) -> list[str]:
        return [str(mail["To"]) for mail in self.received]

    def start(self) -> None:
        self._controller = Controller(self, hostname=HOST, port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Nobody answers at its address until it is started again."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.refusing:
            return "451 Not now, please"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(self.takes)
        with self._lock:
            mail = message_from_bytes(envelope.content, _class=EmailMessage, policy=default)
            self.received.append(mail)
            self.on_mail(len(self.received))
        return "250 Taken"


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(preferencelist=("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(preferencelist=("html",))
    assert part is not None
    return str(part.get_content())


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """A running mail server that this test's outbox sends to."""
    server = MailServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = HOST, server.port, 5
    yield server
    server.stop()
