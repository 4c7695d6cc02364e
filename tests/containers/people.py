"""Somebody with a browser without script, outside of the machine's containers: through the proxy's port, with TLS."""

import html
import http.client
import http.cookies
import json
import re
import socket
import ssl
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.containers.engine import Failed

PATIENCE = 40  # seconds for one answer
HOPS = 6
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
ENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Door:
    """Where the proxy is reached, and the certificate that it has to show."""

    host: str
    port: int
    certificate: Path

    def line(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cafile=self.certificate)
        line = http.client.HTTPSConnection(self.host, timeout=PATIENCE, context=context)
        plain = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        line.sock = context.wrap_socket(plain, server_hostname=self.host)
        return line


@dataclass
class Page:
    """What came back, after redirects."""

    status: int
    url: str
    body: bytes
    kind: str = ""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def words(self) -> str:
        main = self.text.partition("<main")[2] or self.text
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", main)).split())

    def form(self, *names: str) -> tuple[str, dict[str, Any]]:
        """The address and the values of the first form that has all these fields."""
        for attributes, inside in FORM.findall(self.text):
            values = _values(inside)
            if all(name in values or f'name="{name}"' in inside for name in names):
                action = re.search(r'action="([^"]*)"', attributes)
                return html.unescape(action[1]) if action and action[1] else self.url, values
        raise Failed(f"{self.url} has no form with {', '.join(names)}: {self.words[:600]}")


def _values(inside: str) -> dict[str, Any]:
    """Hidden and filled fields as a browser would send them."""
    values: dict[str, Any] = {}
    for tag in re.findall(r"<input\b[^>]*>", inside):
        given = {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        kind, name = given.get("type", "text"), given.get("name")
        if not name or kind in ("submit", "file", "button"):
            continue
        if kind in ("checkbox", "radio") and not re.search(r"\schecked\b", tag):
            continue
        values[name] = given.get("value", "on" if kind == "checkbox" else "")
    return values


@dataclass
class Person:
    """Keeps cookies, follows redirects."""

    door: Door
    cookies: http.cookies.SimpleCookie = field(default_factory=http.cookies.SimpleCookie)
    page: Page = field(default_factory=lambda: Page(0, "", b""))

    def get(self, url: str, expected: int = 200) -> Page:
        return self._expect(self.ask("GET", url), expected)

    def submit(self, *names: str, expected: int = 200, **fields: Any) -> Page:
        """The form of the page that was last read, with these fields."""
        url, values = self.page.form(*(names or fields))
        return self.post(url, {**values, **fields}, expected)

    def post(self, url: str, values: dict[str, Any], expected: int = 200) -> Page:
        return self._expect(
            self.ask("POST", url, urllib.parse.urlencode(values, doseq=True).encode(), ENCODED), expected
        )

    def upload(self, name: str, data: bytes, kind: str = "application/dicom", expected: int = 200) -> Page:
        """A file, by the form of the page that was last read."""
        url, values = self.page.form("files")
        boundary = uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
            for field, value in values.items()
        ]
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
            f"Content-Type: {kind}\r\n\r\n"
        )
        body = b"".join(parts) + head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
        sent = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self._expect(self.ask("POST", url, body, sent), expected)

    def ask(
        self, method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Page:
        base = f"https://{self.door.host}"
        for _ in range(HOPS):
            path = urllib.parse.urljoin(self.page.url or "/", url.removeprefix(base))
            cookies = "; ".join(f"{name}={one.value}" for name, one in self.cookies.items())
            sent = {"Host": self.door.host, "Origin": base, "Referer": base + path, "Cookie": cookies}
            line = self.door.line()
            try:
                line.request(method, path, body, {**sent, **(headers or {})})
                answer = line.getresponse()
                data = answer.read()
            finally:
                line.close()
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                self.cookies.load(cookie)
            self.page = Page(answer.status, path, data, answer.headers.get("Content-Type", ""))
            if answer.status not in (301, 302, 303, 307, 308):
                break
            method, url, body, headers = "GET", answer.headers["Location"], None, None
        return self.page

    def _expect(self, page: Page, expected: int) -> Page:
        if page.status != expected:
            raise Failed(f"{page.url} answered {page.status} instead of {expected}: {page.words[:600]}")
        return page


@dataclass
class MailBox:
    """The mails that the mail service of the profile dev shows on this machine."""

    port: int = 8025
    patience: float = 90

    def newest(self, to: str, subject: str = "", after: int = 0) -> str:
        """The text of the newest mail to somebody, waited for; `after` of them were there before."""
        until = time.monotonic() + self.patience
        while True:
            found = [
                mail
                for mail in self._ask("/api/v1/messages?limit=500")["messages"]
                if to in (one["Address"] for one in mail["To"]) and subject in mail["Subject"]
            ]
            if len(found) > after:
                return str(self._ask(f"/view/{found[0]['ID']}.txt"))
            if time.monotonic() > until:
                raise Failed(f"no mail came to {to} within {self.patience:.0f} s.")
            time.sleep(0.5)

    def link(self, to: str, subject: str = "") -> str:
        return re.search(r"https://\S+", self.newest(to, subject))[0]  # type: ignore[index]

    def recipients(self) -> list[str]:
        """Of each mail that came."""
        mails = self._ask("/api/v1/messages?limit=2000")["messages"]
        return [one["Address"] for mail in mails for one in mail["To"]]

    def _ask(self, path: str) -> Any:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            line.request("GET", path)
            answer = line.getresponse()
            text = answer.read().decode()
            return json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text
        finally:
            line.close()
