"""Strangers who send without end: what they send is nowhere kept, and the people at work do not notice."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password
from django.urls import reverse

from accounts.models import User
from tests.factories import PASSWORD, make_user
from tests.production.people import Guest, context_of
from tests.production.stack import HOST, Stack

pytestmark = [pytest.mark.process, pytest.mark.slow]

MEGABYTE = 1024**2
EACH = 300 * MEGABYTE
STRANGERS = 20
READER = "127.0.0.41"
SOMEWHERE = "6e0c1d4e-1d0f-4f0e-8a53-1f3d5c1e7a10"


@dataclass
class Stranger(threading.Thread):
    """Sends 300 MB to a URL for as long as the proxy takes them, and reads what it is answered."""

    stack: Stack
    source: str
    url: str
    sent: int = 0
    answer: bytes = field(default=b"")

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        head = f"POST {self.url} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {EACH}\r\n"
        form = "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        to = (self.stack["nginx-1"].address, 8443)
        plain = socket.create_connection(to, 20, (self.source, 0))
        with context_of(self.stack).wrap_socket(plain, server_hostname=HOST) as line:
            with suppress(OSError):
                line.sendall(f"{head}{form}".encode())
                while self.sent < EACH:
                    line.sendall(b"x" * MEGABYTE)
                    self.sent += MEGABYTE
            with suppress(OSError):
                self.answer = line.recv(200)


def kept(folder: Path) -> int:
    """Bytes in the files of a folder, as they come and go."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_blocks * 512 if path.is_file() else 0
    return total


@pytest.mark.parametrize("url", ["/", f"/worklists/{SOMEWHERE}/upload/files/"])
def test_twenty_strangers_with_300_megabytes_each_leave_nothing(
    stack: Stack, on_its_database: None, url: str
) -> None:
    person = make_user(f"Reader beside strangers {len(url)}")
    User.objects.filter(pk=person.pk).update(password=make_password(PASSWORD))
    reader = Guest(stack, READER)
    reader.sign_in(person.email, PASSWORD)
    before = kept(stack.base)
    strangers = [Stranger(stack, f"127.0.1.{number + 1}", url) for number in range(STRANGERS)]

    for stranger in strangers:
        stranger.start()
    most, pages = 0, []
    while any(stranger.is_alive() for stranger in strangers):
        most = max(most, kept(stack.base) - before)
        pages.append(reader.get(reverse("studies:worklists")).status)

    # A stranger whose line was cut while it was still sending may have missed its answer.
    answers = {stranger.answer[9:12] for stranger in strangers}
    assert answers - {b""} <= {b"413", b"401"}
    assert answers != {b""}
    assert set(pages) == {200}
    assert max(most, kept(stack.base) - before) < 10 * MEGABYTE
