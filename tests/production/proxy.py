"""The proxy by itself, before two stand-ins for web processes that write down what reaches them."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.production.people import context_of
from tests.production.stack import HOST, Stack, missing

UPLOAD = "/worklists/6e0c1d4e-1d0f-4f0e-8a53-1f3d5c1e7a10/upload/files/"
ALLOWED = UPLOAD.replace("files", "allowed")
STORE = "/dicomweb/6e0c1d4e-1d0f-4f0e-8a53-1f3d5c1e7a10/studies"
STORE_ALLOWED = STORE.replace("studies", "store/allowed")
HASHED = "css/site.0123456789ab.css"


class StandIn(ThreadingHTTPServer):
    """Answers everything, remembers everything; dies in the middle of an answer when told to."""

    daemon_threads = True

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Remember)
        self.name, self.seen, self.hangs_up, self.allows = name, [], False, 204
        # What it answers beside its name, by path.
        self.headers: dict[str, dict[str, str]] = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def at(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class Remember(BaseHTTPRequestHandler):
    server: StandIn

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        began = time.monotonic()
        body = self.rfile.read(length)
        self.server.seen.append(
            {
                "method": self.command,
                "path": self.path,
                "headers": dict(self.headers),
                "body": body,
                "began": began,
                "took": time.monotonic() - began,
            }
        )
        if self.server.hangs_up:
            self.connection.close()
            return
        is_asked = self.path in (ALLOWED, STORE_ALLOWED)
        text = b"" if is_asked else self.server.name.encode()
        self.send_response(self.server.allows if is_asked else 200)
        self.send_header("Content-Length", str(len(text)))
        for name, value in self.server.headers.get(self.path, {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_HEAD = answer

    def log_message(self, *args: Any) -> None:
        """Not a word."""


class Proxy:
    def __init__(self, base: Path, env: dict[str, str], **differences: str) -> None:
        self.webs = [StandIn("one"), StandIn("two")]
        self.stack = Stack(base, env)
        static = base / "static"
        (static / "css").mkdir(parents=True)
        for name in (HASHED, "plain.txt"):
            (static / name).write_text("body {}")
        for path in [static, *static.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        at = " ".join(web.at for web in self.webs)
        self.stack.differences["nginx"] |= {"CIMAR_WEB_ADDRESSES": at, **differences}
        self.replica = self.stack.build_only("nginx")

    def start(self) -> None:
        self.replica.start()
        self.replica.wait_until_healthy()

    def ask(
        self, method: str, path: str, body: bytes | None = None, *, port: int = 8443, **headers: str
    ) -> Any:
        """An answer with its text; by TLS unless the port is the plain one."""
        plain = {"Host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
        line = http.client.HTTPConnection(self.replica.address, port, timeout=20)
        if port == 8443:
            line.connect()
            line.sock = context_of(self.stack).wrap_socket(line.sock, server_hostname=HOST)
        try:
            line.request(method, path, body, plain)
            answer = line.getresponse()
            answer.text = answer.read().decode()
            return answer
        finally:
            line.close()

    @property
    def buffer(self) -> Path:
        """Where the proxy keeps what it receives."""
        return Path(self.replica.environment["CIMAR_UPLOAD_BUFFER"])

    @property
    def seen(self) -> list[dict[str, Any]]:
        """Whichever web process was asked, in their order."""
        return sorted((each for web in self.webs for each in web.seen), key=lambda each: each["began"])

    def end(self) -> None:
        self.stack.down()
        for web in self.webs:
            web.shutdown()
            web.server_close()


def back(proxy: Proxy) -> bool:
    """Both stand-ins answer again; the proxy gives a failed one two seconds of rest."""
    for web in proxy.webs:
        web.hangs_up = False
    return {proxy.ask("GET", "/").text for _ in range(4)} == {"one", "two"}


@pytest.fixture(scope="module")
def started(env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    if reason := missing():
        pytest.skip(reason)
    proxy = Proxy(short_folder(tmp_path_factory), env)
    try:
        proxy.start()
        yield proxy
    finally:
        proxy.end()


def short_folder(factory: pytest.TempPathFactory) -> Path:
    """Where the servers' user gets to as well."""
    folder = factory.mktemp("proxy")
    for one in [folder, *folder.parents]:
        if one.name.startswith("pytest-"):
            with suppress(OSError):
                one.chmod(one.stat().st_mode | 0o011)
    return folder


@pytest.fixture
def proxy(started: Proxy) -> Proxy:
    for web in started.webs:
        web.seen.clear()
        web.hangs_up, web.allows = False, 204
    return started
