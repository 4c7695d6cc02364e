"""The proxy by itself, before two stand-ins for web processes that write down what reaches them."""

import http.client
import json
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.processes import eventually
from tests.production.people import context_of, words
from tests.production.stack import HOST, Replica, Stack, missing

pytestmark = pytest.mark.process
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


# --- What is passed on --------------------------------------------------------------------------------------


def test_what_a_visitor_says_of_himself_ends_at_the_proxy(proxy: Proxy) -> None:
    proxy.ask(
        "GET",
        "/",
        X_Forwarded_For="203.0.113.9",
        X_Forwarded_Proto="http",
        X_Forwarded_Host="elsewhere.example",
        X_Real_IP="203.0.113.9",
        Forwarded="for=203.0.113.9",
        X_Request_ID="mine",
    )

    (request,) = proxy.seen
    headers = {name.lower(): value for name, value in request["headers"].items()}
    assert headers["x-forwarded-for"].startswith("127.")
    assert "," not in headers["x-forwarded-for"]
    assert (headers["x-forwarded-proto"], headers["x-forwarded-host"], headers["host"]) == (
        "https",
        HOST,
        HOST,
    )
    assert len(headers["x-request-id"]) == 32
    assert not {"x-real-ip", "forwarded", "x-forwarded-port"} & set(headers)


def test_copies_take_turns(proxy: Proxy) -> None:
    names = {proxy.ask("GET", "/").text for _ in range(6)}

    assert names == {"one", "two"}


def test_an_upload_is_received_whole_before_a_web_process_is_troubled(proxy: Proxy) -> None:
    line = http.client.HTTPConnection(proxy.replica.address, 8443, timeout=20)
    line.connect()
    line.sock = context_of(proxy.stack).wrap_socket(line.sock, server_hostname=HOST)
    data = b"x" * 2_000_000
    line.putrequest("POST", UPLOAD, skip_host=True)
    for name, value in {"Host": HOST, "Content-Length": str(len(data))}.items():
        line.putheader(name, value)
    line.endheaders()
    line.send(data[:1_000_000])
    # Others go by while it is on its way.
    assert {proxy.ask("GET", "/").status for _ in range(5)} == {200}
    assert {request["method"] for request in proxy.seen} == {"GET"}
    assert [request["path"] for request in proxy.seen].count(ALLOWED) == 1

    line.send(data[1_000_000:])

    assert line.getresponse().status == 200
    line.close()
    (upload,) = [request for request in proxy.seen if request["method"] == "POST"]
    assert upload["body"] == data


# --- When a web process is gone -----------------------------------------------------------------------------


def test_a_press_that_was_handed_over_is_never_sent_a_second_time(proxy: Proxy) -> None:
    for web in proxy.webs:
        web.hangs_up = True

    answer = proxy.ask("POST", "/share/studies/", b"a=b")

    assert answer.status == 502
    assert len(proxy.seen) == 1
    eventually(lambda: proxy.ask("GET", "/", port=8443) and back(proxy), 20)


def back(proxy: Proxy) -> bool:
    """Both stand-ins answer again; the proxy gives a failed one two seconds of rest."""
    for web in proxy.webs:
        web.hangs_up = False
    return {proxy.ask("GET", "/").text for _ in range(4)} == {"one", "two"}


def test_a_look_is_tried_again_with_the_next_copy(proxy: Proxy) -> None:
    proxy.webs[0].hangs_up = True

    answers = [proxy.ask("GET", "/") for _ in range(2)]

    assert {(answer.status, answer.text) for answer in answers} == {(200, "two")}
    eventually(lambda: back(proxy), 20)


def test_when_none_is_left_the_page_is_calm_and_says_what_to_do(proxy: Proxy) -> None:
    for web in proxy.webs:
        web.hangs_up = True

    answer = proxy.ask("GET", "/studies/")

    assert answer.status == 502
    assert "CIMAR is not available for a moment" in answer.text
    assert "Please try again in a minute." in words(answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Retry-After"] == "10"
    eventually(lambda: back(proxy), 20)


# --- What is for whom ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/health/", "/health/ready", "/health/ready/"])
def test_what_is_for_those_who_run_the_site_is_not_for_the_world(proxy: Proxy, path: str) -> None:
    assert proxy.ask("GET", path).status == 404
    assert proxy.seen == []


def test_a_monitor_may_ask_whether_we_live_by_name_or_number(proxy: Proxy) -> None:
    assert proxy.ask("GET", "/health/live").status == 200
    assert proxy.ask("GET", "/health/live", Host="10.0.0.1").status == 200
    assert [request["headers"]["Host"] for request in proxy.seen] == [HOST, HOST]


def test_other_names_are_not_ours(proxy: Proxy) -> None:
    assert proxy.ask("GET", "/", Host="elsewhere.example").status == 421
    assert proxy.seen == []


def test_who_comes_unencrypted_is_sent_to_our_own_address(proxy: Proxy) -> None:
    answer = proxy.ask("GET", "/studies/?sort=name", port=8080, Host="elsewhere.example")

    assert (answer.status, answer.headers["Location"]) == (308, f"https://{HOST}/studies/?sort=name")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_old_tls_is_refused(proxy: Proxy) -> None:
    context = context_of(proxy.stack)
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    line = http.client.HTTPConnection(proxy.replica.address, 8443, timeout=20)
    line.connect()

    with pytest.raises(ssl.SSLError):
        context.wrap_socket(line.sock, server_hostname=HOST)


def test_static_files_come_from_the_proxy_and_are_kept_for_as_long_as_they_stay_the_same(
    proxy: Proxy,
) -> None:
    hashed, plain = proxy.ask("GET", f"/static/{HASHED}"), proxy.ask("GET", "/static/plain.txt")

    assert (hashed.status, hashed.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert hashed.headers["Content-Type"] == "text/css"
    assert (plain.status, plain.headers["Cache-Control"]) == (200, "max-age=3600")
    assert proxy.seen == []


def test_a_static_file_of_another_version_is_asked_of_the_web_processes(proxy: Proxy) -> None:
    proxy.ask("GET", "/static/css/site.ba9876543210.css")

    assert [request["path"] for request in proxy.seen] == ["/static/css/site.ba9876543210.css"]


def test_an_upload_beyond_the_limit_is_answered_with_a_sentence(proxy: Proxy) -> None:
    limit = 8300 * 1024**2

    answer = proxy.ask("POST", UPLOAD, Content_Length=str(limit + 1))

    assert answer.status == 413
    assert "Please send the files in parts." in words(answer.text)
    assert proxy.seen == []


@pytest.mark.parametrize("path", [STORE, f"{STORE}/1.2.840.1"])
@pytest.mark.parametrize("query", ["", "?a=b%20c"])
def test_instances_are_received_from_those_who_may_store_them(proxy: Proxy, path: str, query: str) -> None:
    data = b"x" * 2_000_000

    answer = proxy.ask(
        "POST", path + query, data, Authorization="Bearer abc", Content_Type="application/dicom"
    )

    assert answer.status == 200
    asked, stored = proxy.seen
    assert (asked["method"], asked["path"], asked["body"]) == ("GET", STORE_ALLOWED, b"")
    assert asked["headers"]["Authorization"] == "Bearer abc"
    assert (stored["method"], stored["path"], stored["body"]) == ("POST", path + query, data)
    assert stored["headers"]["Content-Type"] == "application/dicom"


def test_a_chunked_body_reaches_the_site_with_its_length(proxy: Proxy) -> None:
    pieces = iter([b"x" * 700_000, b"y" * 700_000])

    answer = proxy.ask("POST", STORE, pieces, Content_Type="application/dicom")  # type: ignore[arg-type]

    assert answer.status == 200
    assert proxy.seen[1]["body"] == b"x" * 700_000 + b"y" * 700_000


@pytest.mark.parametrize(
    ("told", "headers", "status", "sentence"),
    [
        (401, {"WWW-Authenticate": "Bearer"}, 401, "Sign in, or send an access token."),
        (401, {"X-Not-Stored": "nothing"}, 404, "There is nothing here."),
        (403, {}, 403, "You may not store studies here."),
    ],
)
def test_instances_of_those_who_may_not_store_them_are_not_received(
    proxy: Proxy, told: int, headers: dict[str, str], status: int, sentence: str
) -> None:
    for web in proxy.webs:
        web.allows, web.headers = told, {STORE_ALLOWED: headers}

    answer = proxy.ask("POST", STORE, Content_Length=str(8300 * 1024**2 - 1), Authorization="Bearer abc")

    assert (answer.status, answer.text) == (status, f"{sentence}\n")
    assert answer.headers.get("WWW-Authenticate") == headers.get("WWW-Authenticate")
    assert [request["path"] for request in proxy.seen] == [STORE_ALLOWED]
    assert not [path for path in proxy.buffer.rglob("*") if path.is_file()]


def test_instances_beyond_the_limit_and_searches_with_a_body_are_not_received(proxy: Proxy) -> None:
    answers = [
        proxy.ask("POST", STORE, Content_Length=str(8300 * 1024**2 + 1)),
        proxy.ask("GET", STORE, Content_Length=str(512 * 1024 + 1)),
        proxy.ask("PUT", STORE, Content_Length=str(512 * 1024 + 1)),
        proxy.ask("POST", f"{STORE}/1.2/series", Content_Length=str(512 * 1024 + 1)),
    ]

    assert [answer.status for answer in answers] == [413] * 4
    assert proxy.seen == []


def test_a_search_is_not_asked_about(proxy: Proxy) -> None:
    proxy.ask("GET", STORE)

    assert [(request["method"], request["path"]) for request in proxy.seen] == [("GET", STORE)]


@pytest.mark.parametrize(
    "path", ["/", "/share/studies/", "/sign-in/", UPLOAD.replace("files/", ""), "/nowhere/"]
)
def test_elsewhere_half_a_megabyte_is_the_most(proxy: Proxy, path: str) -> None:
    answer = proxy.ask("POST", path, Content_Length=str(512 * 1024 + 1))

    assert answer.status == 413
    assert proxy.seen == []


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (401, "Sign in, open the worklist and upload the files again."),
        (403, "ask your organisation’s administrator"),
    ],
)
def test_files_of_those_who_may_not_send_any_are_not_received(proxy: Proxy, told: int, sentence: str) -> None:
    for web in proxy.webs:
        web.allows = told

    answer = proxy.ask("POST", UPLOAD, b"x" * 2_000_000, Cookie="sessionid=abc")

    assert answer.status == told
    assert sentence in words(answer.text)
    (asked,) = proxy.seen
    assert (asked["method"], asked["path"], asked["body"]) == ("GET", ALLOWED, b"")
    assert {"Cookie": "sessionid=abc", "HX-Request": "true"}.items() <= asked["headers"].items()
    assert proxy.buffer.is_dir()
    assert not [path for path in proxy.buffer.rglob("*") if path.is_file()]


def test_a_program_that_asks_without_pause_is_told_to_wait(
    env: dict[str, str], tmp_path_factory: Any
) -> None:
    proxy = Proxy(short_folder(tmp_path_factory), env, CIMAR_PROXY_REQUESTS="5")
    try:
        proxy.start()
        answers = [proxy.ask("GET", "/studies/") for _ in range(40)]
    finally:
        proxy.end()

    assert {answer.status for answer in answers} == {200, 429}
    assert "Please try again in a minute." in words(answers[-1].text)


def test_the_log_says_what_happened_and_neither_whom_nor_what_it_was_about(proxy: Proxy) -> None:
    proxy.ask("GET", "/invitations/a-token-that-opens-a-door/?name=quill")
    proxy.ask("GET", "/hazel-quill/", Referer="https://elsewhere.example/?mrn=117", Cookie="sessionid=abc")
    proxy.webs[0].hangs_up = proxy.webs[1].hangs_up = True
    proxy.ask("GET", "/studies/?q=hazel")
    eventually(lambda: back(proxy), 20)
    output = proxy.replica.log.read_text()

    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert {line["path"] for line in lines} >= {"/invitations/", "-", "/studies/"}
    assert 502 in {line["status"] for line in lines}
    for word in ("a-token", "quill", "hazel", "mrn", "sessionid", "elsewhere"):
        assert word not in output


# --- Its configuration --------------------------------------------------------------------------------------


def tried(env: dict[str, str], folder: Path, **differences: str) -> subprocess.CompletedProcess[str]:
    """`run -t`: the configuration rendered and examined by nginx itself."""
    stack = Stack(folder, env)
    log = {"CIMAR_ACCESS_LOG": str(folder / "nginx-1" / "access.log")}
    stack.differences["nginx"] |= {"CIMAR_WEB_ADDRESSES": "127.0.0.1:1", **log, **differences}
    nginx: Replica = stack.build_only("nginx")
    nginx.places["/app/staticfiles"].mkdir(exist_ok=True)
    return nginx.run([nginx.led(part) for part in nginx.service.command] + ["-t"])


@pytest.mark.parametrize(
    "differences",
    [
        {},
        {"CIMAR_TLS": "off", "CIMAR_FRONT_PROXIES": "10.0.0.5 10.1.0.0/16"},
        # As in a container, where copies are looked up; `resolve` needs a newer nginx than this may be.
        {"CIMAR_UPLOAD_MEGABYTES": "100", "CIMAR_WEB_ADDRESSES": "127.0.0.1:1 127.0.0.1:2"},
    ],
    ids=["ends TLS", "behind another proxy", "figures"],
)
def test_nginx_finds_the_configuration_sound(
    env: dict[str, str], tmp_path_factory: pytest.TempPathFactory, differences: dict[str, str]
) -> None:
    if reason := missing():
        pytest.skip(reason)

    done = tried(env, short_folder(tmp_path_factory), **differences)

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@pytest.mark.parametrize(
    ("differences", "sentence"),
    [
        ({"CIMAR_BASE_URL": "http://studies.hospital.test"}, "CIMAR_BASE_URL has to begin with https://"),
        ({"CIMAR_TLS_KEY_FILE": "/nowhere"}, "the certificate's key (/nowhere) is missing or empty."),
        ({"CIMAR_TLS": "off"}, "Name its addresses in CIMAR_FRONT_PROXIES"),
        ({"CIMAR_TLS": "maybe"}, "CIMAR_TLS is either on or off."),
    ],
)
def test_the_proxy_says_what_it_misses(
    env: dict[str, str], tmp_path_factory: pytest.TempPathFactory, differences: dict[str, str], sentence: str
) -> None:
    if reason := missing():
        pytest.skip(reason)

    done = tried(env, short_folder(tmp_path_factory), **differences)

    assert done.returncode == 1
    assert sentence in done.stderr


def test_behind_another_proxy_only_that_ones_word_counts(
    env: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    if reason := missing():
        pytest.skip(reason)
    folder = short_folder(tmp_path_factory)
    proxy = Proxy(folder, env, CIMAR_TLS="off", CIMAR_FRONT_PROXIES="127.0.0.1")
    said = {"X_Forwarded_For": "198.51.100.1, 203.0.113.9", "X_Forwarded_Proto": "https"}
    try:
        proxy.start()
        proxy.ask("GET", "/", port=8080, **said)
        front = proxy.seen[-1]["headers"]
        for web in proxy.webs:
            web.seen.clear()
        proxy.stack.differences["nginx"] |= {"CIMAR_FRONT_PROXIES": "10.9.9.9"}
        proxy.replica.kill()
        proxy.start()
        proxy.ask("GET", "/", port=8080, **said)
        stranger = proxy.seen[-1]["headers"]
    finally:
        proxy.end()
        shutil.rmtree(folder, ignore_errors=True)

    assert (front["X-Forwarded-For"], front["X-Forwarded-Proto"]) == ("203.0.113.9", "https")
    assert stranger["X-Forwarded-For"].startswith("127.")
    assert stranger["X-Forwarded-Proto"] == "http"
