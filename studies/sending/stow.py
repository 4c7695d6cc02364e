"""STOW-RS: each file is a request of its own, so that each has its own answer. Redirects are not followed."""

import base64
import json
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from studies.sending import networks
from studies.sending.reasons import CannotSend, NotTaken, TryAgain
from studies.sent_file import PIECE

WAITING = 60  # seconds without a byte
LONGEST = 480  # seconds for one file
LARGEST_ANSWER = 1024**2
FAILED = "00081198"
WHY_FAILED = "00081197"

_OF_THE_FILE = {
    400: "not_taken",
    406: "not_taken",
    411: "not_taken",
    413: "too_large",
    415: "kind",
    422: "not_taken",
}
_OF_THE_SERVICE = {
    **dict.fromkeys((401, 403), "sign_in"),
    **dict.fromkeys((404, 405, 410, 501), "no_service"),
}


class _Connection(HTTPConnection):
    """Calls what `networks` allows. http.client itself follows no redirect and asks no proxy."""

    def __init__(self, host: str, port: int | None, *, encrypted: bool) -> None:
        self.default_port = 443 if encrypted else 80
        super().__init__(host, port, timeout=WAITING)
        self._encrypted = encrypted

    def connect(self) -> None:
        connection = networks.called(self.host, self.port, encrypted=self._encrypted)
        connection.settimeout(WAITING)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = networks.wrapped(connection, self.host) if self._encrypted else connection


class Stow:
    """One connection to a DICOMweb service, opened at the first file and again after it was closed."""

    def __init__(self, url: str, *, username: str = "", secret: str = "") -> None:
        parts = urlsplit(url)
        self._connection = _Connection(parts.hostname or "", parts.port, encrypted=parts.scheme == "https")
        self._path = f"{parts.path.rstrip('/')}/studies"
        self._sign_in: dict[str, str] = {}
        if username:
            both = base64.b64encode(f"{username}:{secret}".encode()).decode()
            self._sign_in = {"Authorization": f"Basic {both}"}  # allowed: a header
        elif secret:
            self._sign_in = {"Authorization": f"Bearer {secret}"}  # allowed: a header

    def send(self, path: Path) -> None:
        """Returns where the file was stored; raises NotTaken, TryAgain or CannotSend."""
        was_open = self._connection.sock is not None
        end = time.monotonic() + LONGEST
        try:
            status, answer = self._post(path, end)
        except (OSError, HTTPException):
            self.close()
            if not was_open:
                raise TryAgain("unreachable") from None
            # A service may close a connection that waits: the file is sent once more, on a new one.
            try:
                status, answer = self._post(path, end)
            except (OSError, HTTPException):
                self.close()
                raise TryAgain("unreachable") from None
        judge(status, answer)

    def close(self) -> None:
        self._connection.close()

    def _post(self, path: Path, end: float) -> tuple[int, bytes]:
        boundary = secrets.token_hex(16)
        head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        tail = f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Content-Length": str(len(head) + path.stat().st_size + len(tail)),
            "Accept": "application/dicom+json",
            "User-Agent": "CIMAR",
            **self._sign_in,
        }
        try:
            self._connection.request("POST", self._path, body=_body(head, path, tail, end), headers=headers)
        except (BrokenPipeError, ConnectionResetError):
            # A service that refuses may answer before it has read everything.
            if self._connection.sock is None:
                raise
        response = self._connection.getresponse()
        answer = _read(response, end)
        if not response.isclosed():
            self.close()
        return response.status, answer


@contextmanager
def stow_to(url: str, *, username: str = "", secret: str = "") -> Iterator[Stow]:
    service = Stow(url, username=username, secret=secret)
    try:
        yield service
    finally:
        service.close()


def _body(head: bytes, path: Path, tail: bytes, end: float) -> Iterator[bytes]:
    yield head
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            if time.monotonic() > end:
                raise TryAgain("slow")
            yield piece
    yield tail


def _read(response: HTTPResponse, end: float) -> bytes:
    """The beginning of the answer: as much as the results of one file may need."""
    answer = bytearray()
    while len(answer) < LARGEST_ANSWER and (piece := response.read1(65536)):
        answer += piece
        if time.monotonic() > end:
            raise TryAgain("slow")
    return bytes(answer)


def judge(status: int, answer: bytes) -> None:
    """Returns where the answer says that the file is stored; the statuses are those of PS3.18 10.5.3."""
    if 200 <= status < 300:
        _judge_stored(status, answer)
    elif 300 <= status < 400:
        raise CannotSend("redirect")
    elif status in _OF_THE_SERVICE:
        raise CannotSend(_OF_THE_SERVICE[status])
    elif status in (408, 425, 429, 503):
        raise TryAgain("busy")
    elif status >= 500:
        raise TryAgain("its_error")
    else:
        raise _failure(_results(answer)) or NotTaken(_OF_THE_FILE.get(status, "not_taken"))


def _judge_stored(status: int, answer: bytes) -> None:
    results = _results(answer)
    if failure := _failure(results):
        raise failure
    if status == 202 and results is None:
        # Accepted with warnings or in part: only the results tell which.
        raise NotTaken("unclear")


def _results(answer: bytes) -> dict[str, Any] | None:
    """The store instances response in the DICOM JSON model, where the answer has it."""
    try:
        results = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if isinstance(results, list) and len(results) == 1:
        results = results[0]
    return results if isinstance(results, dict) else None


def _failure(results: dict[str, Any] | None) -> Exception | None:
    failed = _values(results, FAILED)
    if not failed:
        return None
    why = next(iter(_values(failed[0], WHY_FAILED)), None)
    return failure_of(why if isinstance(why, int) else 0x0110)


def _values(item: Any, tag: str) -> list[Any]:
    element = item.get(tag) if isinstance(item, dict) else None
    values = element.get("Value") if isinstance(element, dict) else None
    return values if isinstance(values, list) else []


def failure_of(status: int) -> Exception:
    """Of a failure reason of STOW-RS, and of a status of C-STORE, which share their numbers (PS3.4 B.2.3)."""
    if 0xA700 <= status <= 0xA7FF:
        return TryAgain("busy")
    return NotTaken("kind" if status in (0x0122, 0xC122) else "not_taken")
