"""Browsers without script that come through the proxy, by TLS, each from an address of its own."""

import http.client
import re
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.urls import reverse

from accounts.models import User
from studies.models import Placement
from tests.factories import PASSWORD
from tests.processes import Answer, Visitor
from tests.production.stack import HOST, Stack
from worklists.models import Worklist

PATIENCE = 40  # seconds for one answer: longer than the proxy's own
BETWEEN = 0.05


def context_of(stack: Stack) -> ssl.SSLContext:
    """Trusts the certificate of this stack and no other."""
    return ssl.create_default_context(cafile=stack.base / "certificate")


class _Line(http.client.HTTPSConnection):
    """To the proxy's address, under the name that people use."""

    def __init__(self, stack: Stack, source: str) -> None:
        super().__init__(HOST, 443, timeout=PATIENCE, context=context_of(stack))
        self._to, self._source = (stack["nginx-1"].address, 8443), source

    def connect(self) -> None:
        plain = socket.create_connection(self._to, PATIENCE, (self._source, 0))
        self.sock = self._context.wrap_socket(plain, server_hostname=HOST)


class Guest(Visitor):
    """Somebody at a machine of the hospital."""

    def __init__(self, stack: Stack, source: str, **always: str) -> None:
        super().__init__(0)
        self.stack, self.source = stack, source
        self.always = {"Origin": f"https://{HOST}", **always}

    def _line(self) -> http.client.HTTPConnection:
        return _Line(self.stack, self.source)

    def upload(self, path: str, name: str, data: bytes) -> Answer:
        boundary = uuid4().hex
        begin = f"--{boundary}\r\nContent-Disposition: form-data; name="
        token = f'{begin}"csrfmiddlewaretoken"\r\n\r\n{self.token}\r\n'
        file = f'{begin}"files"; filename="{name}"\r\nContent-Type: application/dicom\r\n\r\n'
        body = token.encode() + file.encode() + data + f"\r\n--{boundary}--\r\n".encode()
        return self._ask("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})


def words(page: str) -> str:
    """What a page says, without its frame and its tags."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.partition("<main")[2]).split())[:1500]


@dataclass
class Press:
    """One use of the button: a study, and three recipients of it that nobody else has."""

    placement: Placement
    worklist: Worklist
    physician: User
    address: str
    # When the site said that it was done; nothing while it has not.
    told: float = 0.0


@dataclass
class Sharer(threading.Thread):
    """Shares study after study until told to stop; asks again until each is answered, as people do."""

    stack: Stack
    user: User
    source: str
    presses: Sequence[Press]
    enough: threading.Event = field(default_factory=threading.Event)
    # What came instead of an answer, while something was dead.
    mishaps: Counter[str] = field(default_factory=Counter)
    # Answers that no outage excuses.
    lies: list[str] = field(default_factory=list)
    sign_ins: int = 0

    def __post_init__(self) -> None:
        super().__init__(name=self.user.name, daemon=True)

    def __hash__(self) -> int:
        return id(self)

    @property
    def told(self) -> list[Press]:
        return [press for press in self.presses if press.told]

    @cached_property
    def dialog(self) -> tuple[str, str]:
        return reverse("sharing:share"), reverse("sharing:share_studies")

    def run(self) -> None:
        guest = Guest(self.stack, self.source)
        signed_in = False
        for number, press in enumerate(self.presses):
            if number % 12 == 0:
                guest, signed_in = Guest(self.stack, self.source), False
            while not press.told and not self.enough.is_set():
                try:
                    signed_in = signed_in or self._sign_in(guest)
                    if signed_in and self._press(guest, press):
                        press.told = time.monotonic()
                except (OSError, http.client.HTTPException) as error:
                    self.mishaps[f"closed ({type(error).__name__})"] += 1
                self.enough.wait(BETWEEN)
            if self.enough.is_set():
                return

    def _sign_in(self, guest: Guest) -> bool:
        page = reverse("account_login")
        if not self._clean(guest.get(page), 200):
            return False
        done = self._clean(guest.post(page, login=self.user.email, password=PASSWORD), 302)
        self.sign_ins += done
        return done

    def _press(self, guest: Guest, press: Press) -> bool:
        """Whether the site said that all three are done."""
        open_dialog, share = self.dialog
        asked: dict[str, Any] = {"placement": press.placement.uuid, "note": "", "until": ""}
        if not self._clean(guest.get(f"{open_dialog}?placement={press.placement.uuid}"), 200):
            return False
        answer = guest.post(
            share,
            **asked,
            location=press.worklist.uuid,
            physician=press.physician.uuid,
            email=press.address,
        )
        if not self._clean(answer, 200):
            return False
        if "What was shared" not in answer.text or "refused" in answer.text.casefold():
            self.lies.append(f"200 without a report of three shares: {words(answer.text)}")
        return True

    def _clean(self, answer: Answer, expected: int) -> bool:
        """Done, or an honest "not now"."""
        if answer.status == expected:
            return True
        self.mishaps[str(answer.status)] += 1
        if answer.status < 500:
            self.lies.append(f"{answer.status} to {answer.location}: {words(answer.text)}")
        return False
